/// Which variants of its presentations a server makes; none unless it is told to.
public struct Adaptation: Sendable, Hashable {
    /// Whether the query of a URL may ask for a variant (``PresentationVariant``); where not, it is ignored.
    public var honoursQueries: Bool
    /// Whether the quality of all presentations follows what their readers lose.
    public var followsLoss: Bool
    /// How many variants of a live presentation there may be at once; who asks for one more is answered 453.
    public var maximumLiveVariants: Int

    /// No variants, unless told otherwise.
    public init(honoursQueries: Bool = false, followsLoss: Bool = false, maximumLiveVariants: Int = 4) {
        self.honoursQueries = honoursQueries
        self.followsLoss = followsLoss
        self.maximumLiveVariants = maximumLiveVariants
    }
}
