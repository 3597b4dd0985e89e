// swift-tools-version: 6.2
import PackageDescription

/// The language features of the next Swift, on for every target, so that no file reads differently from its neighbour.
let settings: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InferIsolatedConformances"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
]

let httpTypes = Target.Dependency.product(name: "HTTPTypes", package: "swift-http-types")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")

/// A C library of the system: a module map and a shim, nothing else.
func clibrary(_ name: String, pkgConfig: String? = nil, apt: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/Shared/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

/// A layer under `Sources/Shared`; each knows only those listed above it.
func layer(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(
        name: name, dependencies: dependencies, path: "Sources/Shared/\(name)", swiftSettings: settings)
}

func program(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .executableTarget(name: name, dependencies: dependencies, swiftSettings: settings)
}

func tests(of name: String, _ dependencies: [Target.Dependency] = [], excluding files: [String] = []) -> Target {
    .testTarget(
        name: "\(name)Tests", dependencies: [.target(name: name), "TestSupport"] + dependencies,
        path: "Tests/\(name)Tests", exclude: files, swiftSettings: settings)
}

let package = Package(
    name: "easel",
    dependencies: [
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        clibrary("CLibuv", pkgConfig: "libuv", apt: "libuv1-dev"),
        clibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        clibrary("CHTTPParser", apt: "libhttp-parser-dev"),
        clibrary("CWslay", apt: "libwslay-dev"),
        clibrary("CVips", pkgConfig: "vips", apt: "libvips-dev"),
        clibrary("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),

        layer("Loop", ["CLibuv"]),
        layer("JSONText"),
        layer("Crypto", ["CCrypto"]),
        layer("HTTP", ["Loop", "JSONText", "CHTTPParser", httpTypes]),
        layer("WebSocket", ["Loop", "Crypto", "CWslay"]),
        layer("Outbound", ["Loop", "HTTP", "WebSocket", "JSONText", "CCurl", httpTypes]),
        layer("Images", ["Loop", "CVips"]),
        layer("Workflows", ["JSONText", "Crypto"]),
        layer("Wire", ["JSONText", "Crypto"]),

        program("ComfySandbox", ["Loop", "JSONText", "Crypto", "HTTP", "WebSocket", "Images", httpTypes]),
        tests(of: "ComfySandbox", ["Loop", "JSONText", "Images"], excluding: ["Recordings"]),

        .target(
            name: "TestSupport", dependencies: ["Loop", "HTTP", httpTypes], path: "Tests/Support",
            swiftSettings: settings),
        tests(of: "Loop"),
        tests(of: "JSONText"),
        tests(of: "Crypto"),
        tests(of: "HTTP", ["Loop", "JSONText"]),
        tests(of: "WebSocket", ["Loop"]),
        tests(of: "Outbound", ["Loop", "HTTP"]),
        tests(of: "Images", ["Loop"]),
        tests(of: "Workflows", ["JSONText"]),
        tests(of: "Wire", ["JSONText"]),
    ],
    swiftLanguageModes: [.v6]
)
