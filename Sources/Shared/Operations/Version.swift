/// Which Easel this is. What the API tells its clients is another thing: the setting `API_VERSION`.
public enum EaselVersion {
    public static let current = "0.1.0"
}
