import RTPTransport
import RTSPKit
import RTSPTestKit
import Testing

extension RTSPNIOTests {
    /// One scenario, in virtual time and over real sockets.
    @Suite struct ScenarioTests {
        /// Three viewers of stored media and one of live media: by datagrams, on the control connection, in the course dialect.
        private static var scenario: Scenario {
            var scenario = Scenario(empty: 7)
            scenario.media = [
                "/movie": .stored(frames: 40, framesPerSecond: 20, size: 3000),
                "/camera": .live(frames: 60, framesPerSecond: 25, size: 2000),
            ]
            func viewer(
                _ path: String, _ transport: ClientConfiguration.TransportChoice, _ dialect: ControlDialect = .standard
            ) -> Scenario.Viewer {
                var viewer = Scenario.Viewer(
                    path: path,
                    acts: [
                        .init(.connect, at: .milliseconds(50)), .init(.play(nil), at: .milliseconds(400)),
                        .init(.pause, at: .milliseconds(900)), .init(.play(nil), at: .milliseconds(1200)),
                        .init(.pause, at: .milliseconds(1700)), .init(.tearDown, at: .milliseconds(2000)),
                    ])
                viewer.transport = transport
                viewer.dialect = dialect
                viewer.playout = .fixed(.milliseconds(60))
                return viewer
            }
            scenario.viewers = [
                viewer("/movie", .udp), viewer("/movie", .tcp), viewer("/camera", .udp), viewer("/movie", .udp, .lab),
            ]
            // This one jumps.
            scenario.viewers[1].acts.insert(
                .init(.play(.from(.milliseconds(500))), at: .milliseconds(1450)), at: 4)
            return scenario
        }

        @Test func `virtual time and real sockets lead to the same sequence of messages`() async throws {
            let scenario = Self.scenario
            var simulation = scenario.simulation(tellsDialogue: true)
            simulation.run(for: .seconds(30))
            #expect(simulation.violation == nil)
            let viewings = try await ScenarioOnSockets(scenario: scenario).run()
            #expect(viewings.count == 4)
            for (viewing, id) in zip(viewings, simulation.clientIDs) {
                let simulated = simulation[id].events.compactMap { moment -> ControlMessage? in
                    if case .dialogue(let message) = moment.what { message } else { nil }
                }
                #expect(simulated.count > 8)
                #expect(viewing.dialogue.map(Self.essence) == simulated.map(Self.essence))
                // Pictures are what was sent, here and there; how many are shown by then is a matter of the machine's pace.
                let known = Set(scenario.pictures(at: scenario.viewers[id.number - 1].path).map(\.scan))
                #expect(viewing.pictures.count > 5)
                #expect(viewing.pictures.allSatisfy { known.contains(SyntheticPicture.scanData(of: $0)) })
            }
        }

        /// A message without what differs from one run to the next: addresses, ports, dates, identifiers and places in time.
        static func essence(_ message: ControlMessage) -> String {
            var text = message.text.replacing("\r", with: "")
            text = text.replacing(#/rtsp:\/\/[^\/\s]+/#, with: "rtsp://HOST")
            text = text.replacing(#/Session: [0-9a-f]+/#, with: "Session: ID")
            text = text.replacing(#/(client_port|server_port)=( ?)[0-9]+(-[0-9]+)?/#) {
                "\($0.1)=\($0.2)PORT\($0.3 == nil ? "" : "-PORT")"
            }
            text = text.replacing(#/ssrc=[0-9A-F]{8}/#, with: "ssrc=SOURCE")
            text = text.replacing(#/seq=[0-9]+;rtptime=[0-9]+/#, with: "seq=N;rtptime=N")
            text = text.replacing(#/(?m)^Date: .*$/#, with: "Date: NOW")
            text = text.replacing(#/(?m)^o=.*$/#, with: "o=ORIGIN")
            // Where playing goes on after a pause depends on when the pause came.
            if message.direction == .received { text = text.replacing(#/Range: npt=[0-9.]+-/#, with: "Range: npt=PLACE-") }
            return "\(message.direction.rawValue): \(text)"
        }
    }
}
