using System.Text.RegularExpressions;

namespace DaprOrders.Components.Tests;

/// <summary>What a setting's value must look like for its component to start: from the parsing and the checks in the components' own code, release 1.18.</summary>
internal static partial class KnownValues
{
    private static readonly string[] Bools =
    [
        "actorStateStore", "enableTLS", "failover", "useEntraID", "disableTls", "skipVerify", "consumeRetryEnabled", "durable", "deletedWhenUnused", "autoAck", "requeueInFailure",
        "publisherConfirm", "enableDeadLetter", "fifo", "disableEntityManagement", "disableDeleteOnRetryLimit", "enableMessageOrdering", "useAzureAD", "useAWSIAM", "skipTLSVerify",
        "multipleKeyValuesPerSecret", "disableWAL",
    ];
    private static readonly string[] Durations =
    [
        "timeout", "cleanupInterval", "processingTimeout", "consumeRetryInterval", "heartbeatInterval", "sessionTimeout", "reconnectWaitSeconds", "heartBeat", "ackDeadline", "busyTimeout",
    ];

    /// <summary>Least and most; what the component refuses outside, or cannot mean.</summary>
    private static readonly Dictionary<string, (long Least, long Most)> Numbers = new(StringComparer.OrdinalIgnoreCase)
    {
        ["redisDB"] = (0, 15), ["redisMaxRetries"] = (-1, 100), ["poolSize"] = (1, 10_000), ["redeliverInterval"] = (1, long.MaxValue), ["queueDepth"] = (1, 100_000), ["concurrency"] = (1, 1000),
        ["maxLenApprox"] = (1, long.MaxValue), ["maxConns"] = (2, 1000), ["producerRetryMax"] = (0, 1000), ["maxMessageBytes"] = (100_000, int.MaxValue), ["deliveryMode"] = (0, 2),
        ["prefetchCount"] = (1, 255), ["messageVisibilityTimeout"] = (1, 43_200), ["messageReceiveLimit"] = (1, 1000), ["messageRetryLimit"] = (2, long.MaxValue), ["messageWaitTimeSeconds"] = (1, 20),
        ["messageMaxNumber"] = (1, 10), ["concurrencyLimit"] = (0, 10_000), ["assetsManagementTimeoutSeconds"] = (1, 300), ["lockDurationInSec"] = (5, 300), ["lockRenewalInSec"] = (1, 300),
        ["handlerTimeoutInSec"] = (0, 86_400), ["maxDeliveryCount"] = (1, 2000), ["defaultMessageTimeToLiveInSec"] = (1, int.MaxValue), ["maxActiveMessages"] = (1, 100_000),
        ["maxConcurrentHandlers"] = (0, 10_000), ["autoDeleteOnIdleInSec"] = (300, int.MaxValue), ["publishMaxRetries"] = (0, 100), ["maxDeliveryAttempts"] = (5, 100),
        ["maxOutstandingMessages"] = (1, 100_000), ["maxReconnectionAttempts"] = (1, 1000), ["connectionRecoveryInSec"] = (1, 3600), ["port"] = (1, 65_535),
    };
    private static readonly Dictionary<string, string[]> Choices = new(StringComparer.OrdinalIgnoreCase)
    {
        ["authType"] = ["none", "password", "mtls", "oidc", "oidc_private_key_jwt", "awsiam", "certificate"], ["saslMechanism"] = ["SHA-256", "SHA-512", "PLAINTEXT"],
        ["initialOffset"] = ["oldest", "newest"], ["producerRequiredAcks"] = ["all", "local", "none"], ["compression"] = ["none", "gzip", "snappy", "lz4", "zstd"],
        ["consumerGroupRebalanceStrategy"] = ["range", "sticky", "roundrobin"], ["exchangeKind"] = ["fanout", "topic", "direct", "headers"], ["concurrencyMode"] = ["parallel", "single"],
        ["protocol"] = ["amqp", "amqps"], ["redisType"] = ["node", "cluster"], ["azureEnvironment"] = ["AzurePublicCloud", "AzureChinaCloud", "AzureUSGovernmentCloud"],
    };

    /// <summary>Null when it is right, or nothing is known of it.</summary>
    public static string? WrongWith(string name, string value) =>
        Bools.Contains(name, StringComparer.OrdinalIgnoreCase) && value is not ("true" or "false") ? "must be true or false"
        : Durations.Contains(name, StringComparer.OrdinalIgnoreCase) && !Duration().IsMatch(value) ? "must be a duration with its unit"
        : Numbers.TryGetValue(name, out var range) && !(long.TryParse(value, out var number) && number >= range.Least && number <= range.Most) ? $"must be a whole number from {range.Least} to {range.Most}"
        : Choices.TryGetValue(name, out var choices) && !choices.Contains(value) ? $"must be one of {string.Join(", ", choices)}"
        : null;

    [GeneratedRegex(@"^\d+(ms|s|m|h)$")]
    private static partial Regex Duration();
}
