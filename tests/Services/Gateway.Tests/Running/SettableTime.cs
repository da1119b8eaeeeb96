namespace DaprOrders.Gateway.Tests.Running;

/// <summary>The time as it is, and on: a test moves it forward instead of waiting.</summary>
internal sealed class SettableTime : TimeProvider
{
    private long ahead; // ticks of TimeSpan

    public void Advance(TimeSpan by) => Interlocked.Add(ref ahead, by.Ticks);

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow().AddTicks(Interlocked.Read(ref ahead));

    public override long TimestampFrequency => TimeSpan.TicksPerSecond;

    public override long GetTimestamp() => System.GetElapsedTime(0).Ticks + Interlocked.Read(ref ahead);
}
