using Dapr.DurableTask.Protobuf;

namespace Dapr.Workflow.Replay;

// Code that changed under running instances asks by name which way to go. The answer of the first time stays: yes when it was first asked in a new
// turn, or the history says so; no when the instance had passed the place before the patch existed.
internal sealed class Patches
{
    private readonly Dictionary<string, bool> _answers = new(StringComparer.Ordinal);
    private readonly List<string> _applied = [];

    public void Recall(WorkflowVersion? version)
    {
        foreach (var patch in version?.Patches ?? [])
        {
            if (_answers.TryAdd(patch, true))
            {
                _applied.Add(patch);
            }
        }
    }

    public bool Ask(string patch, bool replaying)
    {
        if (_answers.TryGetValue(patch, out var answer))
        {
            return answer;
        }

        _answers.Add(patch, !replaying);
        if (!replaying)
        {
            _applied.Add(patch);
        }

        return !replaying;
    }

    public WorkflowVersion? Version() => _applied.Count == 0 ? null : new WorkflowVersion { Patches = { _applied } };
}
