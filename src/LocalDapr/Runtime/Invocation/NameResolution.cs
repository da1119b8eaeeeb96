using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Storage;
using Microsoft.AspNetCore.Http;
using Microsoft.Data.Sqlite;

namespace LocalDapr.Runtime.Invocation;

/// <summary>
/// Finds sidecars of other processes in a SQLite file that all of them write. An entry counts while its process lives, so that
/// what a killed one left behind misleads nobody.
/// </summary>
internal sealed class NameResolution(Sidecar sidecar)
{
    /// <summary>Where sidecars find each other unless their configuration names another file.</summary>
    public static readonly string DefaultFile = Path.Combine(Path.GetTempPath(), "localdapr-names.db");

    private SqliteDatabase? _names;

    /// <summary>Writes this sidecar's own entry.</summary>
    public async ValueTask RegisterAsync(CancellationToken cancellation)
    {
        var file = sidecar.Configuration.NameResolutionFile ?? DefaultFile;
        KeepToOwner(file);
        _names = sidecar.Host.Databases.Get(file);
        await _names.WriteAsync(
            connection =>
            {
                connection.Execute(
                    "CREATE TABLE IF NOT EXISTS sidecars (address TEXT PRIMARY KEY, app_id TEXT NOT NULL, namespace TEXT NOT NULL, pid INTEGER NOT NULL)");
                connection.Execute("CREATE TABLE IF NOT EXISTS sidecar_apis (address TEXT PRIMARY KEY, grpc_port INTEGER NOT NULL)");
                connection.Execute("CREATE TABLE IF NOT EXISTS sidecar_secrets (address TEXT PRIMARY KEY, secret TEXT NOT NULL)");
                connection.Prepared("INSERT OR REPLACE INTO sidecar_secrets (address, secret) VALUES ($address, $secret)")
                    .Bind("$address", Address)
                    .Bind("$secret", sidecar.Secret)
                    .ExecuteNonQuery();
                connection.Prepared("INSERT OR REPLACE INTO sidecar_apis (address, grpc_port) VALUES ($address, $port)")
                    .Bind("$address", Address)
                    .Bind("$port", sidecar.GrpcPort)
                    .ExecuteNonQuery();
                connection.Prepared("INSERT OR REPLACE INTO sidecars (address, app_id, namespace, pid) VALUES ($address, $app, $namespace, $pid)")
                    .Bind("$address", Address)
                    .Bind("$app", sidecar.Options.AppId)
                    .Bind("$namespace", sidecar.Options.Namespace)
                    .Bind("$pid", Environment.ProcessId)
                    .ExecuteNonQuery();
            },
            cancellation);
    }

    public async ValueTask RemoveAsync()
    {
        if (_names is not null)
            await _names.WriteAsync(
                connection => connection.Prepared("DELETE FROM sidecars WHERE address = $address AND pid = $pid")
                    .Bind("$address", Address).Bind("$pid", Environment.ProcessId).ExecuteNonQuery());
    }

    /// <summary>Addresses of sidecars of the app in other processes.</summary>
    public IReadOnlyList<Uri> Find(string appId, string ns) => _names?.Read(connection => Read(connection, appId, ns)) ?? [];

    /// <summary>
    /// Whose call came to the internal port, if that matters to the app that is called; the secret that tells it goes no further.
    /// </summary>
    public Caller? CallerOf(IHeaderDictionary headers, Sidecar callee)
    {
        var secret = headers[WellKnownHeaders.Sidecar].ToString();
        headers.Remove(WellKnownHeaders.Sidecar);
        return callee.Configuration.AccessControl is null ? null : CallerBy(secret);
    }

    /// <summary>The app of the living sidecar in another process that sent the request; null when none did.</summary>
    public string? AppOf(IHeaderDictionary headers) => CallerBy(headers[WellKnownHeaders.Sidecar])?.AppId;

    /// <summary>The gRPC port of a sidecar of the app that runs now; null when there is none. For tools, which are no sidecars.</summary>
    public static int? GrpcPortOf(string file, string appId)
    {
        if (!File.Exists(file)) return null;
        using var connection = new SqliteConnection(new SqliteConnectionStringBuilder { DataSource = file, Mode = SqliteOpenMode.ReadOnly, Pooling = false }.ToString());
        connection.Open();
        using var command = connection.CreateCommand();
        command.CommandText = "SELECT grpc_port, pid FROM sidecars JOIN sidecar_apis USING (address) WHERE app_id = $app";
        command.Parameters.AddWithValue("$app", appId);
        using var reader = command.ExecuteReader();
        while (reader.Read())
            if (Lives(reader.GetInt32(1)))
                return reader.GetInt32(0);
        return null;
    }

    private string Address => $"http://127.0.0.1:{sidecar.InternalPort}";

    // Secrets are in it: a new file is nobody else's to read. One that is there already is as its owner wants it.
    private static void KeepToOwner(string file)
    {
        if (OperatingSystem.IsWindows() || file.Contains(':', StringComparison.Ordinal)) return;
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(file))!);
            using var made = new FileStream(
                file, new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite });
        }
        catch (IOException)
        {
            // It is there.
        }
    }

    // The app of the living sidecar that has this secret; null for everybody else.
    private Caller? CallerBy(string? secret)
    {
        if (secret is not { Length: > 0 }) return null;
        return _names?.Read(connection =>
        {
            using var reader = connection.Prepared(
                "SELECT app_id, namespace, pid FROM sidecars JOIN sidecar_secrets USING (address) WHERE secret = $secret").Bind("$secret", secret).ExecuteReader();
            return reader.Read() && Lives(reader.GetInt32(2)) ? new Caller(reader.GetString(0), reader.GetString(1)) : null;
        });
    }

    private static List<Uri> Read(SqliteConnection connection, string appId, string ns)
    {
        using var reader = connection.Prepared("SELECT address, pid FROM sidecars WHERE app_id = $app AND namespace = $namespace")
            .Bind("$app", appId).Bind("$namespace", ns).ExecuteReader();
        var found = new List<Uri>();
        while (reader.Read())
            if (Lives(reader.GetInt32(1)))
                found.Add(new Uri(reader.GetString(0)));
        return found;
    }

    private static bool Lives(int pid)
    {
        try
        {
            using var process = System.Diagnostics.Process.GetProcessById(pid);
            return !process.HasExited;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
