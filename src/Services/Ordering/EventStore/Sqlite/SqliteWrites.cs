using System.Text.Json;
using DaprOrders.ServiceDefaults;
using Microsoft.Data.Sqlite;

namespace DaprOrders.Ordering.EventStore.Sqlite;

/// <summary>A batch's changes as SQLite's statements; the transaction is the caller's.</summary>
internal static class SqliteWrites
{
    public static void Write(SqliteConnection db, Changes changes)
    {
        foreach (var happened in changes.Events)
            db.Run("INSERT INTO order_events(bucket, order_id, version, name, data, trace) VALUES(?,?,?,?,?,?)",
                OrderTables.BucketOf(happened.OrderId), happened.OrderId, happened.Version, happened.Name, happened.Data, happened.Trace);
        foreach (var changed in changes.Orders.Values) WriteOrder(db, changed);
        foreach (var id in changes.Refunding) db.Run("INSERT OR IGNORE INTO refunds(order_id) VALUES(?)", id);
        foreach (var id in changes.Refunded) db.Run("DELETE FROM refunds WHERE order_id = ?", id);
        foreach (var answer in changes.Answers)
            db.Run("INSERT INTO answers(scoped_key, body_hash, order_id, answer, at) VALUES(?,?,?,?,?)",
                answer.ScopedKey, answer.BodyHash, answer.OrderId, answer.Answer, answer.At.ToUnixTimeMilliseconds());
        foreach (var (orderId, act) in changes.Commands) db.Run("INSERT INTO commands(order_id, act) VALUES(?,?)", orderId, act);
        foreach (var id in changes.CarriedOut) db.Run("DELETE FROM commands WHERE id = ?", id);
        foreach (var mark in changes.Marks) db.Run("UPDATE relay SET position = ?", mark.Published);
        if (changes.ForgetAnswersBefore is { } before) db.Run("DELETE FROM answers WHERE at < ?", before.ToUnixTimeMilliseconds());
        if (changes.IsProbe) db.Run("UPDATE relay SET position = position");
    }

    private static void WriteOrder(SqliteConnection db, WrittenOrder changed)
    {
        var (view, state) = (changed.State.View, JsonSerializer.SerializeToUtf8Bytes(changed.State, Defaults.Json));
        if (changed.IsNew)
            db.Run("INSERT INTO orders(order_id, customer_id, status, state, open_amount) VALUES(?,?,?,?,?)", view.OrderId, view.CustomerId, view.Status, state, changed.OpenAmount);
        else
            db.Run("UPDATE orders SET status = ?, state = ?, open_amount = ? WHERE order_id = ?", view.Status, state, changed.OpenAmount, view.OrderId);
    }
}
