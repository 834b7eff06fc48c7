import Foundation
import MJPEGSource
import NIOPosix
import RTPTransport
import RTSPKit
import Synchronization

@testable import RTSPNIO

/// A converter that makes the pictures of a clip carriable again, counts, and can be made to wait.
final class FakeConverter: JPEGConverter {
    struct Call: Hashable, Sendable {
        var image: [UInt8]
        var conversion: JPEGConversion
    }

    private struct State {
        var calls: [Call: Int] = [:]
        var wasOnEventLoop = false
        var running = 0
        var mostRunning = 0
    }

    private let state = Mutex(State())
    /// What is to become of pictures of other sizes, by their number in the clip.
    private let small: Clip?
    private let clip: Clip
    private let failing: Set<Int>
    private let gate = NSCondition()
    private let isOpen = Mutex(true)

    init(_ clip: Clip = .small, small: Clip? = nil, failing: Set<Int> = []) {
        (self.clip, self.small, self.failing) = (clip, small, failing)
    }

    /// How often each picture was converted.
    var calls: [Call: Int] { state.withLock { $0.calls } }
    var callCount: Int { calls.values.reduce(0, +) }
    /// Whether any call came on an event loop.
    var wasOnEventLoop: Bool { state.withLock { $0.wasOnEventLoop } }
    var mostRunning: Int { state.withLock { $0.mostRunning } }
    var running: Int { state.withLock { $0.running } }

    /// Lets conversions wait, or go on.
    func open(_ isOpen: Bool) {
        gate.lock()
        self.isOpen.withLock { $0 = isOpen }
        gate.broadcast()
        gate.unlock()
    }

    func convert(_ image: [UInt8], _ conversion: JPEGConversion) throws(JPEGConversionError) -> ConvertedJPEG {
        state.withLock { state in
            state.calls[Call(image: image, conversion: conversion), default: 0] += 1
            if MultiThreadedEventLoopGroup.currentEventLoop != nil { state.wasOnEventLoop = true }
            state.running += 1
            state.mostRunning = max(state.mostRunning, state.running)
        }
        defer { state.withLock { $0.running -= 1 } }
        gate.lock()
        while !isOpen.withLock({ $0 }) { gate.wait() }
        gate.unlock()
        let original = image.isUncarriable ? image.carriable : image
        guard let index = clip.index(of: original), !failing.contains(index) else {
            throw JPEGConversionError(.broken, "as told")
        }
        if conversion.scale != .full || conversion.quality != nil, let small {
            return ConvertedJPEG(image: small.images[index], way: .reencoded)
        }
        return ConvertedJPEG(image: original, way: .recoded)
    }
}

extension Clip {
    /// The same pictures, called progressive: RFC 2435 cannot carry them as they are.
    var uncarriable: Clip { Clip(images: images.map(\.uncarriable), framesPerSecond: framesPerSecond) }

    func prefix(_ count: Int) -> Clip { Clip(images: Array(images.prefix(count)), framesPerSecond: framesPerSecond) }
}

extension [UInt8] {
    private static let baseline: [UInt8] = [0xFF, 0xC0, 0x00, 0x11, 0x08]
    private static let progressive: [UInt8] = [0xFF, 0xC2, 0x00, 0x11, 0x08]

    /// Says that the picture is progressive.
    var uncarriable: [UInt8] { replacing(Self.baseline, with: Self.progressive, maxReplacements: 1) }
    /// Takes that back.
    var carriable: [UInt8] { replacing(Self.progressive, with: Self.baseline, maxReplacements: 1) }
    var isUncarriable: Bool { JPEGCarriage(of: span) == .afterRecoding(.progressive) }
}

extension RTSPServer.Configuration {
    /// With a converter.
    static func converting(_ converter: FakeConverter, _ change: (inout Self) -> Void = { _ in }) -> Self {
        .test {
            $0.converter = converter
            $0.conversionThreads = 2
            change(&$0)
        }
    }
}
