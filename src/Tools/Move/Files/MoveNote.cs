using System.Text.Json;

namespace DaprOrders.Move.Files;

/// <summary>
/// What the data folder remembers of its move, in DATA/moved.json: the run's name, which the copies carry too, and what has moved for good. ./run.sh looks for
/// "state" in it and starts no LocalDapr on files that are history.
/// </summary>
internal sealed record MoveNote(string Run, IReadOnlyDictionary<string, DateTimeOffset> Moved)
{
    private const string Name = "moved.json";
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web) { WriteIndented = true };

    public static MoveNote Read(string folder)
    {
        var file = Path.Combine(folder, Name);
        return File.Exists(file) ? JsonSerializer.Deserialize<MoveNote>(File.ReadAllBytes(file), Json)! : new MoveNote(Guid.NewGuid().ToString("N"), new Dictionary<string, DateTimeOffset>());
    }

    public MoveNote With(string part, DateTimeOffset at) => this with { Moved = new Dictionary<string, DateTimeOffset>(Moved) { [part] = at } };

    /// <summary>On disk when it returns: a copy must never carry a name that the folder has forgotten.</summary>
    public void Write(string folder)
    {
        var (file, next) = (Path.Combine(folder, Name), Path.Combine(folder, Name + ".new"));
        using (var stream = new FileStream(next, FileMode.Create, FileAccess.Write))
        {
            stream.Write(JsonSerializer.SerializeToUtf8Bytes(this, Json));
            stream.Flush(flushToDisk: true);
        }

        File.Move(next, file, overwrite: true);
    }
}
