using System.Reflection;
using System.Runtime.CompilerServices;
using Sdk.Api;
using Xunit;

namespace Sdk.Official.Tests;

/// <summary>
/// Our Sdk stands in for the official packages, so it may not offer what they lack: a service that used it would not build with
/// <c>-p:DaprSdk=official</c>. What it does not offer is listed in Absent.txt, which a reviewer sees grow or shrink.
/// </summary>
public sealed class SurfaceTests
{
    private static readonly SortedDictionary<string, SortedSet<string>> Ours = ApiText.Of(Assemblies.OfOurSdk());
    private static readonly SortedDictionary<string, SortedSet<string>> Official = ApiText.Of(Assemblies.OfTheOfficialSdk());

    [Fact]
    public void No_public_type_exists_that_the_official_Sdk_lacks() =>
        Assert.Equal("", string.Join('\n', Ours.Keys.Except(Official.Keys)));

    [Fact]
    public void No_public_member_exists_that_the_official_Sdk_lacks() => Assert.Equal("", string.Join('\n',
        from type in Ours
        where Official.ContainsKey(type.Key)
        from member in type.Value
        where !Official[type.Key].Contains(member)
        select $"{type.Key}: {member}"));

    /// <summary>A null that ours takes and the official one does not would be a warning there, and so an error; likewise a result that may be null.</summary>
    [Fact]
    public void No_null_is_taken_or_ruled_out_that_the_official_Sdk_refuses_or_returns()
    {
        var ours = ApiText.MethodsOf(Assemblies.OfOurSdk());
        var official = ApiText.MethodsOf(Assemblies.OfTheOfficialSdk());

        Assert.Equal("", string.Join('\n', ours.Keys.Intersect(official.Keys).Order(StringComparer.Ordinal).SelectMany(key => Differences(key, ours[key], official[key]))));
    }

    private static IEnumerable<string> Differences(string key, MethodBase ours, MethodBase official)
    {
        var nullability = new NullabilityInfoContext();
        foreach (var (own, theirs) in ours.GetParameters().Zip(official.GetParameters()))
        {
            if (nullability.Create(theirs).WriteState == NullabilityState.NotNull && nullability.Create(own).WriteState == NullabilityState.Nullable)
                yield return $"{key}: {own.Name} takes null";
        }

        if (ours is not MethodInfo { ReturnType.IsValueType: false } method || official is not MethodInfo officialMethod) yield break;
        var (result, officialResult) = (nullability.Create(method.ReturnParameter), nullability.Create(officialMethod.ReturnParameter));
        if (IsNullable(officialResult) && !IsNullable(result)) yield return $"{key}: the result may be null";

        static bool IsNullable(NullabilityInfo info) =>
            info.ReadState == NullabilityState.Nullable
            || (info.Type.IsGenericType && info.Type.GetGenericTypeDefinition() == typeof(Task<>) && info.GenericTypeArguments[0].ReadState == NullabilityState.Nullable
                && !info.GenericTypeArguments[0].Type.IsGenericParameter);
    }

    [Fact]
    public void What_the_official_Sdk_has_and_ours_lacks_is_listed() => Snapshot.MustBe(Absent(), Path.Combine(Here(), "Absent.txt"));

    private static string Absent() => string.Concat(Official.Select(type =>
        !Ours.TryGetValue(type.Key, out var ours) ? $"{type.Key}: whole type, {type.Value.Count - 1} members\n"
        : string.Concat(type.Value.Where(member => !ours.Contains(member)).Select(member => $"{type.Key}: {member}\n"))));

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
