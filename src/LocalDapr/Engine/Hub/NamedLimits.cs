namespace LocalDapr.Engine.Hub;

/// <summary>
/// How many of a name may be open at a time. What finds no room waits here, in order, until one of its name has left. Guarded by the engine's
/// lock.
/// </summary>
internal sealed class NamedLimits<T>(IReadOnlyDictionary<string, int> most)
{
    private readonly Dictionary<string, Room> _rooms =
        most.Where(limit => limit.Value > 0).ToDictionary(limit => limit.Key, limit => new Room(limit.Value), StringComparer.Ordinal);

    public bool IsEmpty => _rooms.Count == 0;

    /// <summary>False when there is no room: then it waits.</summary>
    public bool TryEnter(string name, T wanted)
    {
        if (!_rooms.TryGetValue(name, out var room)) return true;
        if (room.Open == room.Most)
        {
            room.Waiting.Enqueue(wanted);
            return false;
        }
        room.Open++;
        return true;
    }

    /// <summary>One that had entered is done.</summary>
    public void Leave(string name)
    {
        if (_rooms.TryGetValue(name, out var room)) room.Open--;
    }

    /// <summary>The next that waits for a place of this name, if there is one; it must try again to enter.</summary>
    public bool TryNext(string name, [System.Diagnostics.CodeAnalysis.MaybeNullWhen(false)] out T next)
    {
        if (_rooms.TryGetValue(name, out var room) && room.Open < room.Most) return room.Waiting.TryDequeue(out next);
        next = default;
        return false;
    }

    private sealed class Room(int most)
    {
        public int Most { get; } = most;

        public int Open { get; set; }

        public Queue<T> Waiting { get; } = [];
    }
}
