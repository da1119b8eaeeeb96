using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.AspNetCore.Routing.Matching;
using Microsoft.AspNetCore.Routing.Patterns;

namespace LocalDapr.Runtime.Hosting;

/// <summary>Routes heed letter case, as Go's do: a path in other letters is of another route, and in the end one of the app that is called.</summary>
internal sealed class ExactRoutes : MatcherPolicy, IEndpointSelectorPolicy
{
    public override int Order => 0;

    public bool AppliesToEndpoints(IReadOnlyList<Endpoint> endpoints) => true;

    public Task ApplyAsync(HttpContext httpContext, CandidateSet candidates)
    {
        var path = httpContext.Request.Path.Value ?? "";
        for (var i = 0; i < candidates.Count; i++)
            if (candidates.IsValidCandidate(i) && candidates[i].Endpoint is RouteEndpoint route && !IsOf(path, route.RoutePattern))
                candidates.SetValidity(i, false);
        return Task.CompletedTask;
    }

    // The router has found that it matches but for the case.
    private static bool IsOf(ReadOnlySpan<char> path, RoutePattern pattern)
    {
        for (var i = 0; i < pattern.PathSegments.Count && path.Length > 0; i++)
        {
            path = path[1..];
            var end = path.IndexOf('/');
            var text = end < 0 ? path : path[..end];
            if (pattern.PathSegments[i].Parts is [RoutePatternLiteralPart literal] && !text.SequenceEqual(literal.Content)) return false;
            path = path[text.Length..];
        }
        return true;
    }
}
