using System.Text;
using LocalDapr.Engine.History;

namespace LocalDapr.Engine.Turns;

/// <summary>Payloads beyond the limit end what made them, with a failure that says so: they could never be handed to anybody.</summary>
internal static class PayloadLimit
{
    public static bool IsBeyond(string? payload, long limit) =>
        limit > 0 && payload is not null && payload.Length > limit / 3 && Encoding.UTF8.GetByteCount(payload) > limit;

    public static FailureDetails Failure(string what, string payload, long limit) =>
        new("PayloadTooLarge", $"{what} has {Encoding.UTF8.GetByteCount(payload)} bytes, more than max-body-size allows ({limit})")
        {
            IsNonRetriable = true,
        };

    /// <summary>The failure of a turn whose answer carries too much; null when it does not.</summary>
    public static FailureDetails? FailureOf(TurnResponse response, long limit)
    {
        if (limit <= 0) return null;
        foreach (var action in response.Actions)
        {
            var (what, payload) = action switch
            {
                ScheduleTask task => ("the input of activity", task.Input),
                CreateChild child => ("the input of child workflow", child.Input),
                CreateDetached detached => ("the input of detached workflow", detached.Input),
                SendEvent send => ("the event", send.Input),
                CompleteWorkflow complete => ("the output of the workflow", complete.Result),
                _ => ("", null),
            };
            var name = action switch
            {
                ScheduleTask task => $" '{task.Name}'",
                CreateChild child => $" '{child.Name}'",
                CreateDetached detached => $" '{detached.Name}'",
                SendEvent send => $" '{send.Name}'",
                _ => "",
            };
            if (IsBeyond(payload, limit)) return Failure(what + name, payload!, limit);
        }

        return IsBeyond(response.CustomStatus, limit) ? Failure("the custom status", response.CustomStatus!, limit) : null;
    }
}
