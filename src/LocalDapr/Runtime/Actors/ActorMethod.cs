namespace LocalDapr.Runtime.Actors;

/// <summary>The name of an actor's method: a path below the actor, which must not lead out of it.</summary>
internal static class ActorMethod
{
    /// <summary>The name without empty and dotted segments.</summary>
    /// <exception cref="DaprError">The name holds what could not stand in a path.</exception>
    public static string Checked(string method)
    {
        if (ActorName.WhyNot("method", method, "#?\0") is { } wrong) throw DaprErrors.ActorMethodName(wrong);
        if (!method.Contains('/') && method is not ("." or "..")) return method;
        var kept = new List<string>();
        foreach (var segment in method.Split('/'))
            if (segment is "..") kept.RemoveRange(Math.Max(0, kept.Count - 1), Math.Min(1, kept.Count));
            else if (segment is not ("" or ".")) kept.Add(segment);
        return string.Join('/', kept);
    }
}
