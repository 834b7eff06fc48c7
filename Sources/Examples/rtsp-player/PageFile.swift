#if Player
    import Hummingbird
    import HTTPTypes
    import NIOCore

    /// The files of the page, which stand in the program itself.
    enum PageFile {
        /// What is answered to a request for `name`; `nil` where there is no such file.
        static func response(for name: String) -> Response? {
            guard let bytes = files[name], let type = types[name.split(separator: ".").last.map(String.init) ?? ""] else {
                return nil
            }
            return Response(
                status: .ok, headers: [.contentType: type], body: .init(byteBuffer: ByteBuffer(bytes: bytes)))
        }

        private static let types = [
            "html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8",
            "svg": "image/svg+xml",
        ]

        private static let files: [String: [UInt8]] = [
            "index.html": PackageResources.index_html,
            "player.css": PackageResources.player_css,
            "side.css": PackageResources.side_css,
            "icon.svg": PackageResources.icon_svg,
            "dialogue.js": PackageResources.dialogue_js,
            "keys.js": PackageResources.keys_js,
            "multipart.js": PackageResources.multipart_js,
            "numbers.js": PackageResources.numbers_js,
            "pictures.js": PackageResources.pictures_js,
            "player.js": PackageResources.player_js,
            "plots.js": PackageResources.plots_js,
            "recording.js": PackageResources.recording_js,
            "seek.js": PackageResources.seek_js,
            "session.js": PackageResources.session_js,
            "source.js": PackageResources.source_js,
            "stage.js": PackageResources.stage_js,
        ]
    }
#endif
