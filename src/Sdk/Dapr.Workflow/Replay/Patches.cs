using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Replay;

// Code that changed under running instances asks by name which way to go. The answer of the first time stays: yes when it was first asked in a new
// turn, or the history says so; no when the instance had passed the place before the patch existed. The sidecar is told of every yes in the order
// of the code, each time it is given: it compares them with those of the history, and holds an instance whose code asks otherwise.
internal sealed class Patches
{
    private readonly HashSet<string> _recalled = new(StringComparer.Ordinal);
    private readonly Dictionary<string, bool> _answers = new(StringComparer.Ordinal);
    private readonly List<string> _applied = [];

    public void Recall(WorkflowVersion? version) => _recalled.UnionWith(version?.Patches ?? []);

    public bool Ask(string patch, bool replaying)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(patch);
        if (!_answers.TryGetValue(patch, out var answer))
        {
            answer = !replaying || _recalled.Contains(patch);
            _answers.Add(patch, answer);
        }

        if (answer)
        {
            _applied.Add(patch);
        }

        return answer;
    }

    /// <param name="name">The named version that runs, if there is one.</param>
    public WorkflowVersion? Version(string? name)
    {
        if (_applied.Count == 0 && name is null)
        {
            return null;
        }

        var version = new WorkflowVersion { Patches = { _applied } };
        if (name is not null)
        {
            version.Name = name;
        }

        return version;
    }
}
