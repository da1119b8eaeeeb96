namespace DaprOrders.PaymentProvider;

/// <summary>What PUT /faults switches for everybody; what is left out is off.</summary>
public sealed record FaultSettings(double ErrorRate = 0, int LatencyMs = 0, bool Down = false, bool VoidWorks = false);

/// <summary>The switches now. Safe for concurrent use.</summary>
internal sealed class Faults
{
    private FaultSettings now = new();

    public FaultSettings Now => Volatile.Read(ref now);

    public void Set(FaultSettings settings) => Volatile.Write(ref now, settings);
}
