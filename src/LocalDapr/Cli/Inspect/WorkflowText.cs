using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Dapr.DurableTask.Protobuf;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;

namespace LocalDapr.Cli.Inspect;

/// <summary>Workflows as text for people, and as JSON for programs.</summary>
internal static class WorkflowText
{
    private static readonly JsonSerializerOptions indented = new() { WriteIndented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonFormatter events = new(JsonFormatter.Settings.Default.WithFormatDefaultValues(false));

    public static string List(IReadOnlyList<WorkflowState> states, bool json)
    {
        if (json) return new JsonArray([.. states.Select(Node)]).ToJsonString(indented);
        var width = Math.Max(8, states.Select(state => state.InstanceId.Length).DefaultIfEmpty().Max());
        var text = new StringBuilder($"{"INSTANCE".PadRight(width)}  {"STATUS",-16}  {"CREATED",-20}  {"UPDATED",-20}  NAME");
        foreach (var state in states)
        {
            text.AppendLine().Append(
                $"{state.InstanceId.PadRight(width)}  {StatusOf(state),-16}  {Time(state.CreatedTimestamp),-20}  {Time(state.LastUpdatedTimestamp),-20}  {state.Name}");
        }

        return text.ToString();
    }

    public static string One(WorkflowState state, bool json)
    {
        var node = Node(state);
        if (json) return node.ToJsonString(indented);
        var text = new StringBuilder();
        foreach (var (name, value) in node) text.AppendLine($"{name,-14} {(value is JsonValue ? value.ToString() : value?.ToJsonString())}");
        return text.ToString().TrimEnd();
    }

    public static string History(IReadOnlyList<HistoryEvent> history, bool json)
    {
        var nodes = history.Select(happened => JsonNode.Parse(events.Format(happened))!.AsObject()).ToList();
        if (json) return new JsonArray([.. nodes]).ToJsonString(indented);
        var text = new StringBuilder();
        for (var i = 0; i < nodes.Count; i++)
        {
            var happened = history[i];
            var kind = char.ToLowerInvariant($"{happened.EventTypeCase}"[0]) + $"{happened.EventTypeCase}"[1..];
            var id = happened.EventId < 0 ? "" : happened.EventId.ToString(CultureInfo.InvariantCulture);
            text.AppendLine($"{Time(happened.Timestamp),-20}  {id,5}  {kind,-32}  {nodes[i][kind]?.ToJsonString()}");
        }

        return text.ToString().TrimEnd();
    }

    public static string Json(IReadOnlyDictionary<string, object?> values) => JsonSerializer.Serialize(values, indented);

    /// <summary>The status as Dapr spells it: RUNNING, COMPLETED, …</summary>
    public static string StatusOf(WorkflowState state) => JsonNamingPolicy.SnakeCaseUpper.ConvertName($"{state.WorkflowStatus}");

    private static JsonObject Node(WorkflowState state)
    {
        var node = new JsonObject
        {
            ["instanceId"] = state.InstanceId,
            ["name"] = state.Name,
            ["status"] = StatusOf(state),
            ["createdAt"] = Time(state.CreatedTimestamp),
            ["lastUpdatedAt"] = Time(state.LastUpdatedTimestamp),
        };
        if (state.CompletedTimestamp is { } completed) node["completedAt"] = Time(completed);
        if (state.ScheduledStartTimestamp is { } scheduled) node["scheduledFor"] = Time(scheduled);
        if (state.ParentInstanceId is { Length: > 0 } parent) node["parent"] = parent;
        if (state.Input is { } input) node["input"] = Payload(input);
        if (state.Output is { } output) node["output"] = Payload(output);
        if (state.CustomStatus is { } custom) node["customStatus"] = Payload(custom);
        if (state.FailureDetails is { } failure)
        {
            node["failure"] = new JsonObject { ["type"] = failure.ErrorType, ["message"] = failure.ErrorMessage, ["stackTrace"] = failure.StackTrace };
        }

        return node;
    }

    // Payloads are JSON by custom, and any text by right.
    private static JsonNode? Payload(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return JsonValue.Create(text);
        }
    }

    private static string Time(Timestamp? time) =>
        time?.ToDateTimeOffset().ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture) ?? "";
}
