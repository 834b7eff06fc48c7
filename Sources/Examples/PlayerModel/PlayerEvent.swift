internal import Foundation

/// Something that a tab is told, as a server-sent event.
public struct PlayerEvent: Hashable, Sendable {
    /// What kind of event it is.
    public enum Kind: String, Hashable, Sendable {
        case state, numbers, dialogue
    }

    /// What kind of event it is.
    public var kind: Kind
    /// Rises from event to event of a session.
    public var id: Int
    /// One line of JSON.
    public var json: String

    init(_ kind: Kind, id: Int, _ value: some Encodable) {
        self.kind = kind
        self.id = id
        json = Self.json(value)
    }

    /// The event as `text/event-stream` has it.
    public var text: String { "event: \(kind.rawValue)\nid: \(id)\ndata: \(json)\n\n" }

    /// `value` in one line of JSON, the keys in order.
    public static func json(_ value: some Encodable) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        encoder.nonConformingFloatEncodingStrategy = .convertToString(positiveInfinity: "0", negativeInfinity: "0", nan: "0")
        guard let data = try? encoder.encode(value) else { return "{}" }
        return String(decoding: data, as: UTF8.self)
    }
}
