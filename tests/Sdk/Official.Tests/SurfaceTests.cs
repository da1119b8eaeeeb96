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

    [Fact]
    public void What_the_official_Sdk_has_and_ours_lacks_is_listed() => Snapshot.MustBe(Absent(), Path.Combine(Here(), "Absent.txt"));

    private static string Absent() => string.Concat(Official.Select(type =>
        !Ours.TryGetValue(type.Key, out var ours) ? $"{type.Key}: whole type, {type.Value.Count - 1} members\n"
        : string.Concat(type.Value.Where(member => !ours.Contains(member)).Select(member => $"{type.Key}: {member}\n"))));

    private static string Here([CallerFilePath] string file = "") => Path.GetDirectoryName(file)!;
}
