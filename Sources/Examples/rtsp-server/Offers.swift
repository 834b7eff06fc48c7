import MJPEGSource
import RTSPNIO

/// Everything that the command line offers; made before a port is opened, so that a bad medium is told at once.
struct Offers {
    private(set) var names: [String] = []
    private(set) var cameras: [PatternCamera] = []
    private var standardInput: StandardInputCamera?
    private let indexing = BackgroundIndexing()

    init(command: RTSPServerCommand, server: RTSPServer) throws {
        for argument in command.media {
            let medium = try MediaArgument(argument, defaultRate: command.fps)
            if let path = medium.path {
                let file = try open(path, medium.framesPerSecond)
                try offer(Self.stored(file, loop: command.loop), as: medium.name, on: server)
            } else {
                guard standardInput == nil else { throw ServerFailure.usage("standard input can be offered only once") }
                let camera = StandardInputCamera()
                standardInput = camera
                try offer(.live(camera.mailbox, framesPerSecond: medium.framesPerSecond), as: medium.name, on: server)
            }
        }
        for argument in command.pattern {
            let argument = try PatternArgument(argument)
            let camera = PatternCamera(argument)
            cameras.append(camera)
            let offering = Offering.live(camera.mailbox, framesPerSecond: Double(argument.framesPerSecond)) {
                camera.setReaders($0)
            }
            try offer(offering, as: argument.name, on: server)
        }
        for argument in command.live {
            let medium = try MediaArgument(argument, defaultRate: command.fps)
            guard let path = medium.path else { throw ServerFailure.usage("--live -: standard input is live without it") }
            let file = try openWhole(path, medium.framesPerSecond)
            try offer(.broadcast(LoopingFrameSource(file)), as: medium.name, on: server)
        }
        if let root = command.root { try offerFolder(root, command: command, on: server) }
    }

    /// Begins to read standard input, where it is offered.
    func startReading() {
        standardInput?.start { say($0) }
    }

    private mutating func offer(_ offering: Offering, as name: String, on server: RTSPServer) throws {
        do {
            try server.offer(offering, at: name)
        } catch {
            throw ServerFailure.usage("two media are called \(name)")
        }
        names.append(name)
    }

    private mutating func offerFolder(_ root: String, command: RTSPServerCommand, on server: RTSPServer) throws {
        let folder: MediaFolder
        do {
            folder = try MediaFolder(path: root)
            names += try folder.names()
        } catch {
            throw ServerFailure.noInput("\(error)")
        }
        let fps = command.fps
        let loop = command.loop
        let cache = MJPEGFileCache()
        server.offerOtherwise { [indexing] path in
            guard let path = folder.path(named: String(path.dropFirst())) else { return nil }
            return .stored {
                let file = try cache.file(at: path, framesPerSecond: fps)
                try indexing.index(file, warns: false)
                return Self.source(file, loop: loop)
            }
        }
    }

    private func open(_ path: String, _ framesPerSecond: Double) throws -> MJPEGFile {
        do {
            let file = try MJPEGFile(path: path, framesPerSecond: framesPerSecond, indexing: .asNeeded)
            try indexing.index(file, warns: true)
            return file
        } catch {
            throw ServerFailure.noInput("\(error)")
        }
    }

    private func openWhole(_ path: String, _ framesPerSecond: Double) throws -> MJPEGFile {
        do {
            let file = try MJPEGFile(path: path, framesPerSecond: framesPerSecond)
            guard file.frameCount > 0 else { throw ServerFailure.noInput("\(path): no frames") }
            return file
        } catch let failure as MJPEGFileError {
            throw ServerFailure.noInput("\(failure)")
        }
    }

    private static func stored(_ file: MJPEGFile, loop: Bool) -> Offering {
        .stored { source(file, loop: loop) }
    }

    private static func source(_ file: MJPEGFile, loop: Bool) -> any SeekableFrameSource & Sendable {
        loop ? LoopingFrameSource(file) : file
    }
}
