using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using Xunit;

namespace Sdk.Tests;

/// <summary>
/// The public API of an assembly as reviewed text: a change shows up as a change of the snapshot. With UPDATE_SNAPSHOTS=1 the test writes it anew.
/// </summary>
internal static class PublicApi
{
    private const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly;

    public static void MustBe(Assembly assembly, string snapshot, [CallerFilePath] string test = "")
    {
        var file = Path.Combine(Path.GetDirectoryName(test)!, snapshot);
        var now = Of(assembly);
        if (Environment.GetEnvironmentVariable("UPDATE_SNAPSHOTS") == "1")
        {
            File.WriteAllText(file, now);
        }

        Assert.Equal(File.ReadAllText(file), now);
    }

    private static string Of(Assembly assembly)
    {
        var text = new StringBuilder();
        foreach (var type in assembly.GetExportedTypes().OrderBy(type => type.ToString(), StringComparer.Ordinal))
        {
            text.Append(KindOf(type)).Append(' ').Append(type).Append('\n');
            foreach (var member in type.GetMembers(Declared).Where(IsSeen).Select(m => $"  {m.MemberType.ToString().ToLowerInvariant()} {m}").Order(StringComparer.Ordinal))
            {
                text.Append(member).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string KindOf(Type type) => type.IsInterface ? "interface" : type.IsEnum ? "enum" : type.IsValueType ? "struct" : type.IsAbstract ? "abstract" : "class";

    private static bool IsSeen(MemberInfo member) => !member.IsDefined(typeof(CompilerGeneratedAttribute)) && member switch
    {
        MethodBase method => (method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly) && (!method.IsSpecialName || method.IsConstructor),
        FieldInfo field => field.IsPublic && !field.IsSpecialName,
        PropertyInfo property => property.GetAccessors(nonPublic: false).Length > 0,
        _ => false,
    };
}
