import NIOEmbedded
import RTPTransport
import RTSPKit
import Testing

@testable import RTSPNIO

extension RTSPNIOTests {
    @Suite struct LiveAudienceTests {
        private static func leave(_ member: ServerMember, _ audience: inout LiveAudience) -> Bool { audience.leave(member) }

        @Test func `connections are kept in the order in which they came, each once`() {
            var audience = LiveAudience()
            #expect(audience.isEmpty)
            let members = (1...3).map { ServerMember.bare($0) }
            for member in [members[0], members[1], members[0], members[2]] { audience.join(member) }
            #expect(audience.members.map(\.id) == [1, 2, 3])
            #expect(members.map { audience.sessionCount(of: $0) } == [2, 1, 1])
            #expect(audience.sessionCount == 4)
            #expect(!audience.isEmpty)
        }

        @Test func `a connection stays until the last of its sessions has left`() {
            var audience = LiveAudience()
            let (first, second) = (ServerMember.bare(1), ServerMember.bare(2))
            for member in [first, second, first] { audience.join(member) }
            #expect(Self.leave(first, &audience))
            #expect(audience.members.map(\.id) == [1, 2])
            #expect(Self.leave(first, &audience))
            #expect(audience.members.map(\.id) == [2])
            #expect(audience.sessionCount(of: first) == 0)
            #expect(Self.leave(second, &audience))
            #expect(audience.isEmpty)
            #expect(audience.sessionCount == 0)
        }

        @Test func `who does not read cannot leave, and who comes back comes last`() {
            var audience = LiveAudience()
            let (first, second) = (ServerMember.bare(1), ServerMember.bare(2))
            #expect(!Self.leave(first, &audience))
            audience.join(first)
            audience.join(second)
            #expect(Self.leave(first, &audience))
            #expect(!Self.leave(first, &audience))
            audience.join(first)
            #expect(audience.members.map(\.id) == [2, 1])
        }
    }
}

extension ServerMember {
    /// A connection in memory that has said nothing yet.
    static func bare(_ id: Int) -> ServerMember {
        let configuration = RTSPServer.Configuration.test().connection(
            ports: PortPair(rtp: 5000, rtcp: 5001), wallClock: WallClock(instant: .now, ntp: NTPTimestamp(rawValue: 0)))
        return ServerMember(
            id: UInt64(id), channel: EmbeddedChannel(), address: nil,
            connection: ServerConnection(peer: "peer \(id)", configuration: configuration, at: .now))
    }
}
