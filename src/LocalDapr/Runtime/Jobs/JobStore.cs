using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using LocalDapr.Runtime.Storage;
using Microsoft.Data.Sqlite;

namespace LocalDapr.Runtime.Jobs;

/// <summary>
/// The jobs of one app in a file that all sidecars of this machine share. A job that runs has an owner; the claim of an owner whose process
/// has gone counts no more. A write that returns is on disk. Times are Unix milliseconds.
/// </summary>
internal sealed class JobStore(SqliteDatabase database, string app, string me)
{
    public ValueTask OpenAsync(CancellationToken cancellation) => database.WriteAsync(
        connection => connection.Execute("""
            CREATE TABLE IF NOT EXISTS jobs (
              app TEXT NOT NULL, name TEXT NOT NULL, version INTEGER NOT NULL, job BLOB NOT NULL, due INTEGER NOT NULL, ends INTEGER,
              runs INTEGER NOT NULL, owner TEXT, PRIMARY KEY (app, name)) WITHOUT ROWID;
            CREATE INDEX IF NOT EXISTS jobs_due ON jobs (app, due) WHERE owner IS NULL;
            """),
        cancellation);

    /// <summary>False when there is one of that name and it must not be replaced.</summary>
    public ValueTask<bool> SaveAsync(StoredJob job, bool overwrite, CancellationToken cancellation) => database.WriteAsync(
        connection => connection.Prepared(overwrite
                ? "INSERT OR REPLACE INTO jobs (app, name, version, job, due, ends, runs) VALUES (@app, @name, @version, @job, @due, @ends, 0)"
                : "INSERT OR IGNORE INTO jobs (app, name, version, job, due, ends, runs) VALUES (@app, @name, @version, @job, @due, @ends, 0)")
            .Bind("@app", app).Bind("@name", job.Job.Name).Bind("@version", job.Version).Bind("@job", job.Job.ToByteArray())
            .Bind("@due", job.Due.ToUnixTimeMilliseconds()).Bind("@ends", job.Ends?.ToUnixTimeMilliseconds()).ExecuteNonQuery() == 1,
        cancellation);

    public Job? Find(string name) => database.Read(connection => connection.Prepared("SELECT job FROM jobs WHERE app = @app AND name = @name")
        .Bind("@app", app).Bind("@name", name).ExecuteScalar() is byte[] bytes ? Job.Parser.ParseFrom(bytes) : null);

    public List<Job> List() => database.Read(connection =>
    {
        var jobs = new List<Job>();
        using var rows = connection.Prepared("SELECT job FROM jobs WHERE app = @app ORDER BY name").Bind("@app", app).ExecuteReader();
        while (rows.Read()) jobs.Add(Job.Parser.ParseFrom(rows.GetFieldValue<byte[]>(0)));
        return jobs;
    });

    public ValueTask DeleteAsync(string name, CancellationToken cancellation) => database.WriteAsync(
        connection =>
        {
            connection.Prepared("DELETE FROM jobs WHERE app = @app AND name = @name").Bind("@app", app).Bind("@name", name).ExecuteNonQuery();
        },
        cancellation);

    public ValueTask DeletePrefixAsync(string prefix, CancellationToken cancellation) => database.WriteAsync(
        connection =>
        {
            connection.Prepared("DELETE FROM jobs WHERE app = @app AND substr(name, 1, length(@prefix)) = @prefix")
                .Bind("@app", app).Bind("@prefix", prefix).ExecuteNonQuery();
        },
        cancellation);

    /// <summary>When the next job without an owner is due.</summary>
    public DateTimeOffset? NextDue() => database.Read(connection =>
        connection.Prepared("SELECT min(due) FROM jobs WHERE app = @app AND owner IS NULL").Bind("@app", app).ExecuteScalar() is long due
            ? DateTimeOffset.FromUnixTimeMilliseconds(due)
            : default(DateTimeOffset?));

    /// <summary>Takes what is due; each job goes to one of those who ask.</summary>
    public ValueTask<List<StoredJob>> ClaimAsync(DateTimeOffset now) => database.WriteAsync(connection =>
    {
        var jobs = new List<StoredJob>();
        using var rows = connection.Prepared("""
            UPDATE jobs SET owner = @me WHERE app = @app AND owner IS NULL AND due <= @now RETURNING job, version, due, ends, runs
            """).Bind("@me", me).Bind("@app", app).Bind("@now", now.ToUnixTimeMilliseconds()).ExecuteReader();
        while (rows.Read()) jobs.Add(Read(rows));
        return jobs;
    });

    /// <summary>Gives back what is claimed, to run after a while, or ends it. A job that was replaced or deleted meanwhile stays as it is.</summary>
    public ValueTask SettleAsync(StoredJob job, DateTimeOffset? next) => database.WriteAsync(connection =>
    {
        var sql = next is null
            ? "DELETE FROM jobs WHERE app = @app AND name = @name AND version = @version"
            : "UPDATE jobs SET owner = NULL, due = @due, runs = @runs WHERE app = @app AND name = @name AND version = @version";
        var command = connection.Prepared(sql).Bind("@app", app).Bind("@name", job.Job.Name).Bind("@version", job.Version);
        if (next is { } due) command.Bind("@due", due.ToUnixTimeMilliseconds()).Bind("@runs", job.Runs);
        command.ExecuteNonQuery();
    });

    /// <summary>Gives back the claims of processes that have gone.</summary>
    public async ValueTask ReleaseGoneAsync()
    {
        foreach (var owner in Owners().Where(ProcessOwner.IsGone)) await ReleaseAsync(owner);
    }

    /// <summary>Gives back all own claims, at the stop.</summary>
    public ValueTask ReleaseOwnAsync() => ReleaseAsync(me);

    private static StoredJob Read(SqliteDataReader row)
    {
        DateTimeOffset? ends = row.IsDBNull(3) ? null : DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(3));
        var job = Job.Parser.ParseFrom(row.GetFieldValue<byte[]>(0));
        return new StoredJob(job, row.GetInt64(1), DateTimeOffset.FromUnixTimeMilliseconds(row.GetInt64(2)), ends) { Runs = row.GetInt32(4) };
    }

    private List<string> Owners() => database.Read(connection =>
    {
        var owners = new List<string>();
        using var rows = connection.Prepared("SELECT DISTINCT owner FROM jobs WHERE app = @app AND owner IS NOT NULL")
            .Bind("@app", app).ExecuteReader();
        while (rows.Read()) owners.Add(rows.GetString(0));
        return owners;
    });

    private ValueTask ReleaseAsync(string owner) => database.WriteAsync(connection =>
    {
        connection.Prepared("UPDATE jobs SET owner = NULL WHERE app = @app AND owner = @owner")
            .Bind("@app", app).Bind("@owner", owner).ExecuteNonQuery();
    });
}
