using DaprOrders.Move.Copying;
using DaprOrders.Move.Files;
using DaprOrders.Move.Orders;
using DaprOrders.Move.State;
using DaprOrders.Ordering.EventStore.Sqlite;
using Npgsql;

namespace DaprOrders.Move;

/// <summary>
/// The whole move, in its order (docs/adr/0016): everything is looked at before anything is copied; each part is copied in one transaction; the sagas' commands
/// follow; the files are marked last, so that until then the shop can go on with them as if nothing had been.
/// </summary>
internal sealed class MoveShop(MoveOptions options, TextWriter output, TimeProvider time)
{
    private readonly long began = time.GetTimestamp();

    public async Task RunAsync(CancellationToken cancellation)
    {
        using var folder = DataFolder.Open(options.Data);
        await using var ordersDatabase = NpgsqlDataSource.Create(options.Orders);
        await using var stateDatabase = options.State is null ? null : NpgsqlDataSource.Create(options.State);
        var orders = SqliteSchema.IsMoved(folder.Orders) ? null : new OrdersPart(folder.Orders, ordersDatabase);
        var state = stateDatabase is null || folder.Note.Moved.ContainsKey("state") ? [] : StateOf(folder, stateDatabase);
        if (orders is null && state.Count == 0)
        {
            await output.WriteLineAsync($"There is nothing to do: the {(folder.Note.Moved.ContainsKey("state") ? "orders and the Dapr state" : "orders")} of this shop have moved before.");
            return;
        }

        Part[] parts = [.. orders is null ? [] : new Part[] { orders }, .. state];
        if (orders is null) await RequireOrdersAsync(ordersDatabase, folder.Note.Run, cancellation);
        if (!options.OnlyCheck) folder.Note.Write(folder.Path); // before any copy carries its run
        foreach (var part in parts) await new MovePart(part, folder.Note.Run).CheckAsync(cancellation);
        if (options.OnlyCheck)
        {
            await output.WriteLineAsync($"The shop at {folder.Path} stands still and can be moved: {string.Join(", ", parts.Select(part => part.Name))}.");
            return;
        }

        foreach (var part in parts) await ReportAsync(part, await new MovePart(part, folder.Note.Run).RunAsync(cancellation));
        if (state.Count > 0) await ResumeAsync(folder, ordersDatabase, cancellation);
        Mark(folder, orders is not null, state.Count > 0);
        await output.WriteLineAsync($"Moved in {time.GetElapsedTime(began).TotalSeconds:0.0} s. The files at {folder.Path} are history now; {Next(state.Count > 0)}");
    }

    private IReadOnlyList<Part> StateOf(DataFolder folder, NpgsqlDataSource database)
    {
        if (folder.State is not { } file)
            throw new RefusedException($"There is no shop.db at {folder.Path}: the Dapr state of this shop is not in files. Leave --state out.");
        foreach (var component in StateComponent.All)
            if (!file.HasTable(component.Table)) throw new RefusedException($"{Path.Combine(folder.Path, "shop.db")} has no table {component.Table}: LocalDapr has not run here with the set local.");
        LeftBehind.Refuse(file, folder.Path);
        return [.. StateComponent.All.Select(component => new StatePart(file, component, time.GetUtcNow(), database))];
    }

    /// <summary>The orders went before: the commands for their sagas belong where they are.</summary>
    private static async Task RequireOrdersAsync(NpgsqlDataSource database, string run, CancellationToken cancellation)
    {
        await using var connection = await database.OpenConnectionAsync(cancellation);
        var isThere = await connection.OneAsync<bool>("SELECT to_regclass('daprorders_moved') IS NOT NULL", cancellation)
            && await connection.OneAsync<bool>("SELECT EXISTS (SELECT 1 FROM daprorders_moved WHERE part = 'orders' AND run = $1)", cancellation, run);
        if (!isThere) throw new RefusedException($"The orders of this shop moved before, and not to the database {connection.Database}. Give with --orders the one that Ordering works on.");
    }

    private async Task ReportAsync(Part part, IReadOnlyList<MovedTable> tables)
    {
        foreach (var table in tables)
            await output.WriteLineAsync($"{part.Name,-11} {table.Name,-16} {table.Sum.Rows,10} rows  SHA-256 {table.Sum.Hash[..16]}  {(table.WasThere ? "copied and compared before" : "copied, read back, equal")}");
    }

    private async Task ResumeAsync(DataFolder folder, NpgsqlDataSource orders, CancellationToken cancellation)
    {
        var resumed = await new Sagas(orders, folder.Note.Run).ResumeAsync(cancellation);
        await output.WriteLineAsync(resumed is null
            ? "sagas       those of open orders were told to begin again by an earlier try"
            : $"sagas       {resumed} of open orders will begin again ({LeftBehind.WorkflowsUnderWay(folder.State!)} workflows stay behind)");
    }

    private void Mark(DataFolder folder, bool isOrders, bool isState)
    {
        var note = folder.Note;
        if (isOrders) note = note.With("orders", time.GetUtcNow());
        if (isState) note = note.With("state", time.GetUtcNow());
        if (isOrders) SqliteSchema.MarkMoved(folder.Orders);
        note.Write(folder.Path);
    }

    private string Next(bool isState) => isState
        ? "start the shop with a set of components on PostgreSQL (docs/growing.md)."
        : $"start the shop with ORDERING_STORE=postgres and ORDERING_POSTGRES: ./run.sh --data {options.Data}";
}
