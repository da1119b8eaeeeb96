using System.Data.Common;
using System.Text.Json;
using DaprOrders.Move;

if (MoveOptions.Parse(args, Environment.GetEnvironmentVariable, out var problem) is not { } options)
{
    await Console.Error.WriteLineAsync($"move: {problem}\n{MoveOptions.Usage}");
    return 2;
}

try
{
    await new MoveShop(options, Console.Out, TimeProvider.System).RunAsync(CancellationToken.None);
    return 0;
}
catch (RefusedException e)
{
    await Console.Error.WriteLineAsync($"move: {e.Message}");
    return 3;
}
catch (Exception e) when (e is DbException or IOException or UnauthorizedAccessException or InvalidOperationException or TimeoutException or InvalidDataException or JsonException)
{
    await Console.Error.WriteLineAsync($"move: {e.Message}{(e.InnerException is { } inner ? $" ({inner.Message})" : "")}. Nothing is half done: run it again.");
    return 1;
}
