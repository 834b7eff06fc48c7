internal import RTPTransport
internal import RTSPKit

/// A diagram in the making.
struct LadderSketch {
    private let options: LadderDiagram.Options
    private let end: Duration
    private let conversations: [LadderConversation]
    private let clients: [LadderHistory]
    private(set) var columns: [LadderDiagram.Column] = []
    private(set) var rows: [LadderDiagram.Row] = []
    /// Where the clients stand.
    private var clientColumns: [Transcript.Machine: Int] = [:]

    init(_ transcript: Transcript, options: LadderDiagram.Options) {
        self.options = options
        let histories = LadderHistory.all(of: transcript)
        clients = histories.filter { $0.machine.role == .client }
        let servers = histories.filter { $0.machine.role == .server }
        conversations = LadderConversation.all(
            clients: clients.flatMap(LadderEnd.all), servers: servers.flatMap(LadderEnd.all))
        end = histories.compactMap(\.steps.last?.time).max() ?? .zero
    }

    mutating func draw() {
        for client in clients {
            clientColumns[client.machine] = columns.count
            let title = clients.count == 1 ? "client" : "client \(client.machine.number)"
            columns.append(LadderDiagram.Column(title: title, host: host(of: client.machine), isImplied: false))
        }
        let clientPlaces = conversations.map { clientColumn(of: $0) }
        let serverPlaces = conversations.map { serverColumn(of: $0) }
        for (index, conversation) in conversations.enumerated() {
            draw(conversation, client: clientPlaces[index], server: serverPlaces[index])
        }
    }

    // MARK: Columns

    private func host(of client: Transcript.Machine) -> String {
        LadderText.plain(conversations.first { $0.client?.machine == client && $0.server != nil }?.server?.peer ?? "")
    }

    private mutating func clientColumn(of conversation: LadderConversation) -> Int {
        if let client = conversation.client, let column = clientColumns[client.machine] { return column }
        let host = LadderText.plain(conversation.server?.peer ?? "")
        if let column = columns.firstIndex(where: { $0.host == host }) { return column }
        // The only client that nobody has heard of must be the one that the server speaks of.
        let silent = columns.indices.filter { columns[$0].host.isEmpty }
        if let column = silent.first, silent.count == 1 {
            columns[column].host = host
            return column
        }
        columns.append(LadderDiagram.Column(title: "client", host: host, isImplied: true))
        return columns.count - 1
    }

    private mutating func serverColumn(of conversation: LadderConversation) -> Int {
        let host = LadderText.plain(conversation.client?.serverHost ?? "")
        let known = columns.indices.filter { columns[$0].title == "server" }
        let column = known.first { columns[$0].host == host } ?? known.first { columns[$0].host.isEmpty || host.isEmpty }
        guard let column else {
            columns.append(LadderDiagram.Column(title: "server", host: host, isImplied: conversation.server == nil))
            return columns.count - 1
        }
        if columns[column].host.isEmpty { columns[column].host = host }
        if conversation.server != nil { columns[column].isImplied = false }
        return column
    }

    // MARK: Rows

    private mutating func draw(_ conversation: LadderConversation, client: Int, server: Int) {
        if options.showsNotes {
            for end in [conversation.client, conversation.server] {
                guard let end else { continue }
                let column = end.machine.role == .client ? client : server
                rows += end.steps.compactMap { step in
                    LadderNote(step, of: end.machine.role).map { note in
                        LadderDiagram.Row(
                            kind: .note, from: column, to: column, sent: step.time, label: note.text, isTrouble: note.isTrouble,
                            order: step.order)
                    }
                }
            }
        }
        var there = LadderDirection(
            from: conversation.client, client, to: conversation.server, server, options: options, end: end)
        there.draw()
        var back = LadderDirection(
            from: conversation.server, server, to: conversation.client, client, options: options, end: end)
        back.draw()
        rows += there.rows + back.rows
    }
}
