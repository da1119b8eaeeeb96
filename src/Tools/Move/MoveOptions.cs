using Npgsql;

namespace DaprOrders.Move;

/// <summary>What the command line asks for. Passwords come apart, as they do for who works on these databases later.</summary>
internal sealed record MoveOptions(string Data, string Orders, string? State, bool OnlyCheck)
{
    public const string Usage = """
        usage: move --orders CONNECTION [--state CONNECTION] [--data DIR] [--check]
          --orders CONNECTION  database of the event store, as ORDERING_POSTGRES: 'Host=…;Database=…;Username=…'; its password in ORDERING_POSTGRES_PASSWORD
          --state CONNECTION   database of the components documents and statestore, written the same way; its password in SHOP_POSTGRES_PASSWORD.
                               Without it the Dapr state stays in the files, under LocalDapr
          --data DIR           the shop's data folder (data/run); the shop must stand still
          --check              looks whether it can be moved, and moves nothing
        Killed or failed it is run again, the same way. Exit code 0: moved, or (--check) can be moved; 1: failed; 2: wrong use; 3: refused, and why.
        """;

    /// <summary>Null, and what is wrong.</summary>
    public static MoveOptions? Parse(IReadOnlyList<string> args, Func<string, string?> environment, out string problem)
    {
        string? data = "data/run", orders = null, state = null;
        var onlyCheck = false;
        problem = "";
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] == "--check")
            {
                onlyCheck = true;
                continue;
            }

            var (name, value) = (args[i], i + 1 < args.Count ? args[++i] : null);
            switch (name)
            {
                case "--data": data = value; break;
                case "--orders": orders = value; break;
                case "--state": state = value; break;
                default: problem = $"unknown option {name}"; return null;
            }

            if (string.IsNullOrEmpty(value)) problem = $"{name} needs a value";
        }

        if (problem.Length == 0 && orders is null) problem = "--orders is missing";
        if (problem.Length > 0) return null;
        try
        {
            return new MoveOptions(data!, Complete(orders!, environment("ORDERING_POSTGRES_PASSWORD")), state is null ? null : Complete(state, environment("SHOP_POSTGRES_PASSWORD")), onlyCheck);
        }
        catch (ArgumentException e)
        {
            problem = $"no connection string of PostgreSQL: {e.Message}";
            return null;
        }
    }

    private static string Complete(string connection, string? password)
    {
        var settings = new NpgsqlConnectionStringBuilder(connection) { ApplicationName = "daprorders-move", Enlist = false };
        if (!string.IsNullOrEmpty(password)) settings.Password = password;
        return settings.ToString();
    }
}
