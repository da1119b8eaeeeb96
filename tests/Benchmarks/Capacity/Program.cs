using System.Text.Json;
using DaprOrders.Capacity;

// capacity sample DATA FILE [POSTGRES]   what the shop that runs on DATA has used and stored until now; POSTGRES: the connection of Ordering's store, on this machine
// capacity rows POSTGRES SECONDS         what a row costs that is written there meanwhile
// capacity report BEFORE AFTER FILE      two samples as a load report: the cost of one order
// capacity plan FILE POSTGRES ASSUMPTIONS  two reports, of the stores SQLite and PostgreSQL: the capacity plan of docs/capacity.md, as Markdown
switch (args)
{
    case ["sample", var data, var file, .. var postgres] when postgres.Length <= 1:
        Json.Write(file, await Sample.TakeAsync(data, DateTimeOffset.UtcNow, postgres.SingleOrDefault()));
        return 0;
    case ["rows", var postgres, var seconds]: // while something else writes
        Console.Write(await PostgresUse.RowsAsync(postgres, TimeSpan.FromSeconds(int.Parse(seconds))));
        return 0;
    case ["report", var before, var after, var file]:
        var report = LoadReport.Between(Json.Read<Sample>(before), Json.Read<Sample>(after));
        Json.Write(file, report);
        Console.Write(PlanText.Measured(report));
        return 0;
    case ["plan", var measured, var onPostgres, var assumptions]:
        Console.Write(PlanText.Whole(Json.Read<LoadReport>(measured), Json.Read<LoadReport>(onPostgres), Json.Read<Assumptions>(assumptions)));
        return 0;
    default:
        Console.Error.WriteLine("usage: capacity sample DATA FILE [POSTGRES] | capacity rows POSTGRES SECONDS | capacity report BEFORE AFTER FILE | capacity plan REPORT POSTGRES-REPORT ASSUMPTIONS");
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
