using DaprOrders.Inventory.Features;
using DaprOrders.Inventory.Products;
using DaprOrders.Inventory.Stock;
using DaprOrders.ServiceDefaults;

namespace DaprOrders.Inventory;

/// <summary>The whole service; tests begin it as Program does.</summary>
internal static class Service
{
    public static WebApplication Build(string[] args)
    {
        var builder = WebApplication.CreateBuilder(args).AddServiceDefaults();
        builder.Services.AddDaprClient();
        builder.Services.AddInvocation();
        builder.Services.AddActors(actors => actors.Actors.RegisterActor<StockKeeper>());
        builder.Services.AddSingleton<Catalogue>();
        builder.Services.AddSingleton<ShownProducts>();
        builder.Services.AddSingleton<StockOf>();

        var app = builder.Build().UseServiceDefaults();
        app.MapActorsHandlers();
        app.MapProducts();
        app.MapInternal();
        return app;
    }
}
