using LocalDapr.Engine.History;
using LocalDapr.Engine.Records;

namespace LocalDapr.Engine.Hub;

/// <summary>
/// The way to the engines of other apps. Only the app that keeps the history asks, and it asks again until it has an answer: what it
/// waits for is open in its own history, so neither side needs an outbox, and a crash of either repeats the question.
/// </summary>
public interface IAppLink
{
    /// <summary>Has the app's engine <see cref="WorkflowEngine.AnswerAsync">answer</see> the question.</summary>
    /// <exception cref="IOException">The app is not there, or cannot be asked now; nothing may be known of what it did.</exception>
    Task<HistoryEvent> AskAsync(string appId, AppQuestion question, CancellationToken cancellation);
}

/// <summary>
/// What an instance wants of another app: <see cref="TaskScheduled"/> runs an activity, <see cref="ExecutionStarted"/> a child workflow,
/// <see cref="ExecutionTerminated"/> ends the child <see cref="ChildId"/>.
/// </summary>
public sealed record AppQuestion(string SourceApp, string InstanceId, string ExecutionId, HistoryEvent Event)
{
    public AppVerb Verb { get; init; }

    public string? ChildId { get; init; }

    public PropagatedHistory? Propagated { get; init; }

    /// <summary>A question about an instance of the other app that a client has here, rather than of an instance here.</summary>
    internal static AppQuestion About(string sourceApp, string instanceId, AppVerb verb) =>
        new(sourceApp, instanceId, "", new WorkflowStarted(null)) { Verb = verb };

    public byte[] Encode()
    {
        var writer = new RecordWriter();
        writer.Byte(QuestionFormat);
        writer.Byte((byte)Verb);
        writer.Text(SourceApp);
        writer.Text(InstanceId);
        writer.Text(ExecutionId);
        writer.Text(ChildId);
        writer.Propagated(Propagated);
        writer.Event(Event);
        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">It was not made by this version.</exception>
    public static AppQuestion Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader(bytes);
        if (reader.Byte() != QuestionFormat) throw new InvalidDataException("The question of the other app has an unknown format.");
        var verb = (AppVerb)reader.Byte();
        var (app, instance, execution, child) = (reader.RequiredText(), reader.RequiredText(), reader.RequiredText(), reader.Text());
        var propagated = reader.Propagated();
        return new AppQuestion(app, instance, execution, reader.Event()) { Verb = verb, ChildId = child, Propagated = propagated };
    }

    private const byte QuestionFormat = 2;
}

/// <summary>What is asked of the other app.</summary>
public enum AppVerb : byte
{
    /// <summary>To do what the event says.</summary>
    Do,

    /// <summary>Whether the instance and all below it have ended; it has "failed" when not.</summary>
    Verify,

    /// <summary>To remove it with all below it; the answer is how many they were.</summary>
    Purge,

    /// <summary>The same, whether they have ended or not.</summary>
    PurgeByForce,

    /// <summary>Whether the task of the instance still waits for the end of the child; it has "failed" when it does.</summary>
    Awaits,
}

/// <summary>The binary form of an answer.</summary>
public static class AppAnswer
{
    public static byte[] Encode(HistoryEvent answer)
    {
        var writer = new RecordWriter();
        writer.Event(answer);
        return writer.ToArray();
    }

    /// <exception cref="InvalidDataException">It is damaged, or of a version that is not known here.</exception>
    public static HistoryEvent Decode(ReadOnlySpan<byte> bytes)
    {
        var reader = new RecordReader(bytes);
        return reader.Event();
    }
}
