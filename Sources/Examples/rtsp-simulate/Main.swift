import ArgumentParser
import RTSPKit
import RTSPTestKit

@main
struct SimulateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "rtsp-simulate", abstract: "Runs whole sessions in virtual time.")

    @Option(help: "Run the scenarios of all these seeds, as A..B.")
    var seeds: String

    func run() async throws {
        let bounds = seeds.split(separator: ".").compactMap { UInt64($0) }
        if bounds.count == 1 {
            let s = Scenario(seed: bounds[0])
            print(s)
            let o = s.run(records: true)
            print(o.transcript?.text ?? "")
            print(o.complaints)
            return
        }
        guard bounds.count == 2 else { throw ValidationError("--seeds takes A..B") }
        let jobs = 2
        await withTaskGroup(of: (Int, Int, Int).self) { group in
            for job in 0..<jobs {
                group.addTask {
                    var (failed, steps, frames) = (0, 0, 0)
                    for seed in stride(from: bounds[0] + UInt64(job), through: bounds[1], by: jobs) {
                        let outcome = Scenario(seed: seed).run()
                        steps += outcome.steps
                        frames += outcome.viewings.reduce(0) { $0 + $1.framesShown }
                        guard !outcome.isClean else { continue }
                        failed += 1
                        print("seed \(seed): \(outcome.complaints)")
                    }
                    return (failed, steps, frames)
                }
            }
            var sum = (0, 0, 0)
            for await part in group { sum = (sum.0 + part.0, sum.1 + part.1, sum.2 + part.2) }
            print("failed \(sum.0), steps \(sum.1), frames \(sum.2)")
        }
    }
}
