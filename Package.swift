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
let configuration = Target.Dependency.product(name: "Configuration", package: "swift-configuration")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
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
        .package(url: "https://github.com/apple/swift-configuration", from: "1.4.0", traits: []),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/apple/swift-http-types", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
    ],
    targets: [
        clibrary("CLibuv", pkgConfig: "libuv", apt: "libuv1-dev"),
        clibrary("CCurl", pkgConfig: "libcurl", apt: "libcurl4-openssl-dev"),
        clibrary("CHTTPParser", apt: "libhttp-parser-dev"),
        clibrary("CWslay", apt: "libwslay-dev"),
        // Its header needs GLib's folders alone; "vips" itself adds `-pthread`, which SwiftPM refuses with a warning.
        clibrary("CVips", pkgConfig: "glib-2.0", apt: "libvips-dev"),
        clibrary("CCrypto", pkgConfig: "libcrypto", apt: "libssl-dev"),

        // C++ behind a C header. Without optimisation dlib takes seconds for a picture, so it has that in debug builds too.
        // The archive, because the shared library brings BLAS and LAPACK along; needed are two small objects of it.
        .target(
            name: "CFaces", path: "Sources/Shared/CFaces", cxxSettings: [.unsafeFlags(["-O2"])],
            linkerSettings: [.linkedLibrary(":libdlib.a")]),

        layer("Loop", ["CLibuv"]),
        layer("JSONText"),
        layer("Crypto", ["CCrypto"]),
        layer("HTTP", ["Loop", "JSONText", "CHTTPParser", httpTypes]),
        layer("WebSocket", ["Loop", "Crypto", "CWslay"]),
        layer("Outbound", ["Loop", "HTTP", "WebSocket", "JSONText", "CCurl", httpTypes]),
        layer("Images", ["Loop", "CVips"]),
        layer("Faces", ["Loop", "Images", "CFaces"]),
        layer("Workflows", ["JSONText", "Crypto"]),
        layer("Operations", ["Loop", "JSONText", "HTTP", configuration, httpTypes, logging]),
        layer("Wire", ["JSONText", "Crypto", httpTypes]),

        program(
            "GPUService",
            [
                "Loop", "HTTP", "JSONText", "Crypto", "WebSocket", "Outbound", "Images", "Faces", "Workflows",
                "Operations", "Wire",
                httpTypes, logging,
            ]),
        program(
            "BackendAPI",
            [
                "Loop", "HTTP", "JSONText", "Crypto", "Outbound", "Images", "Workflows", "Operations", "Wire",
                httpTypes, logging, grdb,
            ]),
        program("ComfySandbox", ["Loop", "JSONText", "Crypto", "HTTP", "WebSocket", "Images", httpTypes]),

        .target(
            name: "TestSupport", dependencies: ["Loop", "HTTP", httpTypes], path: "Tests/Support",
            swiftSettings: settings),
        .target(
            name: "ProviderEmulators", dependencies: ["Loop", "HTTP", "JSONText", "Crypto", "Images", httpTypes],
            path: "Tests/ProviderEmulators", swiftSettings: settings),
        .executableTarget(
            name: "ProviderEmulatorServer", dependencies: ["ProviderEmulators", "Loop"],
            path: "Tests/ProviderEmulatorServer", exclude: ["clients.py"], swiftSettings: settings),
        tests(of: "Loop"),
        tests(of: "JSONText"),
        tests(of: "Crypto"),
        tests(of: "HTTP", ["Loop", "JSONText"]),
        tests(of: "WebSocket", ["Loop"]),
        tests(of: "Outbound", ["Loop", "HTTP"]),
        tests(of: "Images", ["Loop"]),
        tests(of: "Faces", ["Images"], excluding: ["Pictures"]),
        tests(of: "Workflows", ["JSONText"]),
        tests(of: "Operations", ["Loop", "JSONText", "HTTP", httpTypes, logging]),
        tests(of: "Wire", ["JSONText", "Crypto"]),
        tests(of: "ComfySandbox", ["Loop", "JSONText", "Images", "WebSocket", "Workflows"], excluding: ["Recordings"]),
        tests(
            of: "GPUService",
            [
                "Loop", "HTTP", "JSONText", "Crypto", "Outbound", "WebSocket", "Images", "Faces", "Workflows",
                "Operations", "Wire", httpTypes, logging,
            ]),
        tests(
            of: "BackendAPI",
            [
                "Loop", "HTTP", "JSONText", "Crypto", "Outbound", "Images", "Workflows", "Operations", "Wire",
                "ProviderEmulators", httpTypes, logging, grdb,
            ]),
        // In a process of their own: they keep a loop busy.
        .testTarget(
            name: "ProviderTests",
            dependencies: [
                "BackendAPI", "ProviderEmulators", "TestSupport", "Loop", "JSONText", "Images", "Operations",
                "Outbound", httpTypes, logging,
            ],
            swiftSettings: settings),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "BackendAPI", "GPUService", "ComfySandbox", "Loop", "HTTP", "JSONText", "Crypto", "Outbound", "Images",
                "TestSupport", "ProviderEmulators", httpTypes, grdb,
            ],
            swiftSettings: settings),
    ],
    swiftLanguageModes: [.v6]
)

// libFuzzer brings its own `main` and wants every module instrumented, so `scripts/fuzz.sh` alone asks for this target.
if Context.environment["EASEL_FUZZ"] != nil {
    package.targets.append(
        .executableTarget(
            name: "Fuzz", dependencies: ["HTTP", "Images", "JSONText", "WebSocket", "Workflows"], path: "Tests/Fuzz",
            swiftSettings: settings + [.unsafeFlags(["-parse-as-library"])]))
}
