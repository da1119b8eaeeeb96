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
