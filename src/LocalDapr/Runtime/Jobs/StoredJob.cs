using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf.WellKnownTypes;

namespace LocalDapr.Runtime.Jobs;

/// <summary>
/// A job as it is kept. <c>Version</c> is new with each scheduling, so that the end of an old one's run does not touch a new one of that name.
/// </summary>
internal sealed record StoredJob(Job Job, long Version, DateTimeOffset Due, DateTimeOffset? Ends)
{
    /// <summary>Runs so far.</summary>
    public int Runs { get; init; }

    /// <summary>The failure policy that counts: where a job names none, three more tries, a second apart.</summary>
    public static JobFailurePolicy PolicyOf(Job job) => job.FailurePolicy ?? new JobFailurePolicy
    {
        Constant = new JobFailurePolicyConstant { Interval = Duration.FromTimeSpan(TimeSpan.FromSeconds(1)), MaxRetries = 3 },
    };

    /// <summary>How long to wait before the next try after <paramref name="tries"/> failed ones; null when it is given up.</summary>
    public TimeSpan? PauseAfter(int tries)
    {
        if (PolicyOf(Job).Constant is not { } policy) return null;
        return !policy.HasMaxRetries || tries <= policy.MaxRetries ? policy.Interval?.ToTimeSpan() ?? TimeSpan.Zero : null;
    }
}
