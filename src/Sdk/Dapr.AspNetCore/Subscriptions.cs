using Dapr;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace Dapr
{
    /// <summary>What a topic subscription is to be.</summary>
    public class TopicOptions
    {
        /// <summary>The topic.</summary>
        public string Name { get; set; } = null!;

        /// <summary>The pub/sub component.</summary>
        public string PubsubName { get; set; } = null!;

        /// <summary>Where a message goes that could not be handled.</summary>
        public string? DeadLetterTopic { get; set; }

        /// <summary>For the component.</summary>
#pragma warning disable CA1051 // a field in the official SDK
        public IDictionary<string, string>? Metadata;
#pragma warning restore CA1051
    }
}

namespace Microsoft.AspNetCore.Builder
{
    /// <summary>Subscribes endpoints to topics.</summary>
    public static class DaprEndpointConventionBuilderExtensions
    {
        /// <summary>Delivers the messages of a topic to this endpoint.</summary>
        public static T WithTopic<T>(this T builder, string pubsubName, string name)
            where T : IEndpointConventionBuilder => builder.WithTopic(new TopicOptions { PubsubName = pubsubName, Name = name });

        /// <summary>Delivers the messages of a topic to this endpoint, with a dead-letter topic and metadata.</summary>
        public static T WithTopic<T>(this T builder, TopicOptions topicOptions)
            where T : IEndpointConventionBuilder
        {
            ArgumentException.ThrowIfNullOrEmpty(topicOptions.PubsubName);
            ArgumentException.ThrowIfNullOrEmpty(topicOptions.Name);
            builder.WithMetadata(topicOptions);
            return builder;
        }
    }

    /// <summary>Tells the sidecar what this app subscribes to.</summary>
    public static class DaprEndpointRouteBuilderExtensions
    {
        /// <summary>Maps GET dapr/subscribe, which lists every endpoint that has a topic.</summary>
        public static IEndpointConventionBuilder MapSubscribeHandler(this IEndpointRouteBuilder endpoints) => endpoints.MapGet("dapr/subscribe", (HttpContext context) =>
        {
            var subscriptions = context.RequestServices.GetRequiredService<EndpointDataSource>().Endpoints.OfType<RouteEndpoint>()
                .SelectMany(endpoint => endpoint.Metadata.GetOrderedMetadata<TopicOptions>(), (endpoint, topic) => new
                {
                    topic = topic.Name,
                    pubsubName = topic.PubsubName,
                    route = endpoint.RoutePattern.RawText!.TrimStart('/'),
                    deadLetterTopic = topic.DeadLetterTopic,
                    metadata = topic.Metadata is { Count: > 0 } ? topic.Metadata : null,
                });
            return Results.Json(subscriptions, Web);
        });

        private static readonly System.Text.Json.JsonSerializerOptions Web = new(System.Text.Json.JsonSerializerDefaults.Web)
        {
            DefaultIgnoreCondition = System.Text.Json.Serialization.JsonIgnoreCondition.WhenWritingNull,
        };
    }
}
