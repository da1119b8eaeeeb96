using System.Text.Json;
using DaprOrders.Capacity;

// capacity sample DATA FILE              what the shop that runs on DATA has used and stored until now
// capacity report BEFORE AFTER FILE      two samples as a load report: the cost of one order
// capacity plan REPORT ASSUMPTIONS       the capacity plan of docs/capacity.md, as Markdown
switch (args)
{
    case ["sample", var data, var file]:
        Json.Write(file, Sample.Take(data, DateTimeOffset.UtcNow));
        return 0;
    case ["report", var before, var after, var file]:
        var report = LoadReport.Between(Json.Read<Sample>(before), Json.Read<Sample>(after));
        Json.Write(file, report);
        Console.Write(PlanText.Measured(report));
        return 0;
    case ["plan", var measured, var assumptions]:
        Console.Write(PlanText.Whole(Json.Read<LoadReport>(measured), Json.Read<Assumptions>(assumptions)));
        return 0;
    default:
        Console.Error.WriteLine("usage: capacity sample DATA FILE | capacity report BEFORE AFTER FILE | capacity plan REPORT ASSUMPTIONS");
        return 2;
}

namespace DaprOrders.Capacity
{
    internal static class Json
    {
        private static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web) { WriteIndented = true, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true };

        public static T Read<T>(string file) => JsonSerializer.Deserialize<T>(File.ReadAllText(file), Options)!;

        public static void Write<T>(string file, T value) => File.WriteAllText(file, JsonSerializer.Serialize(value, Options) + "\n");
    }
}
