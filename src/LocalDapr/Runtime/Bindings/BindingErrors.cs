using MiniGrpc;

namespace LocalDapr.Runtime;

/// <summary>The errors of bindings.</summary>
internal static partial class DaprErrors
{
    public static DaprError OutputBinding(string name, string why) =>
        new("ERR_INVOKE_OUTPUT_BINDING", 500, StatusCode.Internal, $"error invoking output binding {name}: {why}");
}
