using System.Text.Json;
using System.Text.Json.Serialization;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http.Json;
using Microsoft.AspNetCore.Server.Kestrel.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace DaprOrders.ServiceDefaults;

/// <summary>What every service's Program.cs calls in one line.</summary>
public static class Defaults
{
    public const long MaxBodyBytes = 256 * 1024;

    /// <summary>JSON as the contract has it: camelCase, no unknown or repeated members, absent instead of null.</summary>
    public static JsonSerializerOptions Json { get; } = Contract(new JsonSerializerOptions(JsonSerializerDefaults.Web));

    public static WebApplicationBuilder AddServiceDefaults(this WebApplicationBuilder builder)
    {
        SelfProbe.ExitIfAsked(Environment.GetCommandLineArgs()[1..]);
        builder.Logging.ClearProviders();
        builder.Logging.AddJsonConsole(options => options.UseUtcTimestamp = true);
        builder.Logging.AddFilter("Microsoft", LogLevel.Warning).AddFilter("System.Net.Http", LogLevel.Warning);
        builder.AddTelemetry();
        if (builder.Configuration["APP_PORT"] is { Length: > 0 } port) builder.WebHost.UseUrls(builder.Configuration.UrlOf(port));
        builder.Services.Configure<KestrelServerOptions>(options =>
        {
            options.AddServerHeader = false;
            options.Limits.MaxRequestBodySize = 8 * 1024 * 1024; // batches between services; the Gateway holds the public limit
        });
        builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromSeconds(10));
        builder.Services.Configure<JsonOptions>(options => Contract(options.SerializerOptions));
        builder.Services.AddSingleton(TimeProvider.System);
        builder.Services.AddHealthChecks();
        return builder;
    }

    /// <summary>Problem details for everything that goes wrong, the health endpoints, and, unless the service is the public edge, its sidecar's token.</summary>
    public static WebApplication UseServiceDefaults(this WebApplication app, bool isPublicEdge = false)
    {
        app.UseProblems();
        if (!isPublicEdge) app.UseAppToken();
        app.MapHealth();
        return app;
    }

    /// <summary>This machine only, unless DAPRORDERS_BIND says otherwise: in a pod, probes come from outside, so there it is "*".</summary>
    public static string UrlOf(this IConfiguration configuration, string port) => $"http://{configuration["DAPRORDERS_BIND"] ?? "127.0.0.1"}:{port}";

    private static JsonSerializerOptions Contract(JsonSerializerOptions options)
    {
        options.PropertyNamingPolicy = JsonNamingPolicy.CamelCase;
        options.PropertyNameCaseInsensitive = false;
        options.NumberHandling = JsonNumberHandling.Strict;
        options.DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull;
        options.UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow;
        options.AllowDuplicateProperties = false;
        options.Converters.Add(new UtcTimeConverter());
        return options;
    }
}

/// <summary>RFC 3339 in UTC with milliseconds: 2026-11-25T12:00:00.000Z.</summary>
internal sealed class UtcTimeConverter : JsonConverter<DateTimeOffset>
{
    public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

    public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
        writer.WriteStringValue(value.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'"));
}
