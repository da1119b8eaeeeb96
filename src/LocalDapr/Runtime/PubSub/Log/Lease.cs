namespace LocalDapr.Runtime.PubSub.Log;

/// <summary>
/// A run of messages that one consumer holds until a time. Completed messages are bits, so that a batch costs one row however it is
/// completed. Guarded by the <see cref="LogConsumer"/> that owns it.
/// </summary>
internal sealed class Lease(long id, long first, int count, byte[]? done = null)
{
    private int _open = done is null ? count : count - Ones(done);

    public long Id => id;

    /// <summary>Id of the first message.</summary>
    public long First => first;

    public int Count => count;

    public byte[] Done { get; } = done ?? new byte[(count + 7) / 8];

    public bool IsComplete => _open == 0;

    public bool IsDone(int index) => (Done[index >> 3] & (1 << (index & 7))) != 0;

    public void Complete(int index)
    {
        if (IsDone(index)) return;
        Done[index >> 3] |= (byte)(1 << (index & 7));
        _open--;
    }

    private static int Ones(byte[] bits)
    {
        var ones = 0;
        foreach (var b in bits) ones += System.Numerics.BitOperations.PopCount(b);
        return ones;
    }
}
