namespace LocalDapr.Runtime.Storage;

/// <summary>Reads the file out of the connection strings that Dapr's SQLite components take.</summary>
internal static class SqlitePath
{
    public static string Of(string connectionString)
    {
        var text = connectionString.Trim();
        foreach (var prefix in (string[])["Data Source=", "DataSource=", "Filename="])
            if (text.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
                text = text[prefix.Length..].Split(';')[0];
        if (text.StartsWith("file:", StringComparison.Ordinal)) text = text["file:".Length..];
        var query = text.IndexOf('?', StringComparison.Ordinal);
        return query < 0 ? text : text[..query];
    }
}
