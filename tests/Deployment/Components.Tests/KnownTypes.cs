namespace DaprOrders.Components.Tests;

/// <summary>A component type of Dapr 1.18: its version, the metadata it knows and, of these, what it cannot start without.</summary>
internal sealed record KnownType(string Version, string[] Names, string[] Required);

/// <summary>
/// Names are compared without regard to case, as Dapr does. Taken from the components' own metadata and settings of release 1.18; a name that is not
/// here would be ignored by daprd in silence, which is how a misspelt setting loses messages.
/// </summary>
internal static class KnownTypes
{
    private static readonly string[] AnyState = ["actorStateStore", "keyPrefix", "outboxPublishPubsub", "outboxPublishTopic", "outboxPubsub", "outboxDiscardWhenMissingState"];
    private static readonly string[] AnyPubSub = ["consumerID", "publishingScopes", "subscriptionScopes", "allowedTopics", "protectedTopics"];
    private static readonly string[] AnyBinding = ["direction", "route"];
    private static readonly string[] Aws = ["region", "accessKey", "secretKey", "sessionToken", "assumeRoleArn", "sessionName", "trustAnchorArn", "trustProfileArn"];
    private static readonly string[] Entra =
        ["azureEnvironment", "azureTenantId", "azureClientId", "azureClientSecret", "azureCertificate", "azureCertificateFile", "azureCertificatePassword"];
    private static readonly string[] Redis =
    [
        "redisHost", "redisPort", "redisUsername", "redisPassword", "redisDB", "redisType", "enableTLS", "insecureSkipTLSVerify", "clientCert", "clientKey", "failover",
        "sentinelMasterName", "sentinelUsername", "sentinelPassword", "redisMaxRetries", "redisMinRetryInterval", "redisMaxRetryInterval", "dialTimeout", "readTimeout",
        "writeTimeout", "poolSize", "poolTimeout", "maxConnAge", "minIdleConns", "idleTimeout", "idleCheckFrequency", "useEntraID",
    ];
    private static readonly string[] Postgres =
    [
        "connectionString", "host", "hostaddr", "port", "database", "user", "password", "sslRootCert", "tablePrefix", "metadataTableName", "timeout", "cleanupInterval",
        "maxConns", "connectionMaxIdleTime", "queryExecMode", "useAzureAD", "useAWSIAM",
    ];
    private static readonly string[] Kafka =
    [
        "brokers", "authType", "consumerGroup", "clientId", "saslUsername", "saslPassword", "saslMechanism", "caCert", "clientCert", "clientKey", "initialOffset",
        "maxMessageBytes", "consumeRetryEnabled", "consumeRetryInterval", "version", "heartbeatInterval", "sessionTimeout", "skipVerify", "disableTls", "channelBufferSize",
        "consumerFetchMin", "consumerFetchDefault", "producerRequiredAcks", "producerRetryMax", "compression", "consumerGroupRebalanceStrategy", "escapeHeaders",
    ];
    private static readonly string[] RabbitMq =
    [
        "connectionString", "protocol", "hostname", "username", "password", "durable", "deletedWhenUnused", "autoAck", "deliveryMode", "requeueInFailure", "prefetchCount",
        "publisherConfirm", "enableDeadLetter", "maxLen", "maxLenBytes", "exchangeKind", "concurrencyMode", "reconnectWaitSeconds", "heartBeat", "ttlInSeconds", "clientName",
        "saslExternal", "caCert", "clientCert", "clientKey",
    ];
    private static readonly string[] SnsSqs =
    [
        "endpoint", "messageVisibilityTimeout", "messageRetryLimit", "messageReceiveLimit", "sqsDeadLettersQueueName", "messageWaitTimeSeconds", "messageMaxNumber", "fifo",
        "fifoMessageGroupID", "disableEntityManagement", "disableDeleteOnRetryLimit", "assetsManagementTimeoutSeconds", "concurrencyMode", "concurrencyLimit", "accountID",
    ];
    private static readonly string[] ServiceBus =
    [
        "connectionString", "namespaceName", "timeoutInSec", "handlerTimeoutInSec", "lockRenewalInSec", "maxActiveMessages", "maxConcurrentHandlers", "disableEntityManagement",
        "maxDeliveryCount", "lockDurationInSec", "defaultMessageTimeToLiveInSec", "autoDeleteOnIdleInSec", "minConnectionRecoveryInSec", "maxConnectionRecoveryInSec",
        "maxRetriableErrorsPerSec", "publishMaxRetries", "publishInitialRetryIntervalInMs",
    ];
    private static readonly string[] PubSubGcp =
    [
        "projectId", "endpoint", "disableEntityManagement", "enableMessageOrdering", "orderingKey", "maxReconnectionAttempts", "connectionRecoveryInSec", "deadLetterTopic",
        "maxDeliveryAttempts", "maxOutstandingMessages", "maxOutstandingBytes", "maxConcurrentConnections", "ackDeadline",
    ];
    private static readonly string[] Mail = ["emailFrom", "emailTo", "subject"];

    public static readonly IReadOnlyDictionary<string, KnownType> All = new Dictionary<string, KnownType>
    {
        ["state.sqlite"] = new("v1", [.. AnyState, "connectionString", "tableName", "metadataTableName", "timeout", "busyTimeout", "disableWAL", "cleanupInterval"], ["connectionString"]),
        ["state.in-memory"] = new("v1", AnyState, []),
        ["state.redis"] = new("v1", [.. AnyState, .. Redis, "ttlInSeconds", "queryIndexes"], ["redisHost"]),
        ["state.postgresql"] = new("v2", [.. AnyState, .. Postgres, .. Entra, .. Aws], ["connectionString"]), // v1 is another table layout
        ["state.aws.dynamodb"] = new("v1", [.. AnyState, .. Aws, "table", "endpoint", "ttlAttributeName", "partitionKey"], ["table", "region"]),
        ["state.azure.cosmosdb"] = new("v1", [.. AnyState, .. Entra, "url", "database", "collection", "masterKey", "contentType"], ["url", "database", "collection"]),
        // LocalDapr's own; daprd has no such type.
        ["pubsub.sqlite"] = new("v1", [.. AnyPubSub, "connectionString", "concurrency", "queueDepth", "processingTimeout", "redeliverInterval", "initialOffset"], ["connectionString"]),
        ["pubsub.redis"] = new("v1", [.. AnyPubSub, .. Redis, "processingTimeout", "redeliverInterval", "queueDepth", "concurrency", "maxLenApprox", "streamTTL"], ["redisHost"]),
        ["pubsub.kafka"] = new("v1", [.. AnyPubSub, .. Kafka], ["brokers", "authType"]),
        ["pubsub.rabbitmq"] = new("v1", [.. AnyPubSub, .. RabbitMq], ["protocol", "hostname", "username", "password"]),
        ["pubsub.aws.snssqs"] = new("v1", [.. AnyPubSub, .. Aws, .. SnsSqs], ["region"]),
        ["pubsub.azure.servicebus.topics"] = new("v1", [.. AnyPubSub, .. Entra, .. ServiceBus], ["namespaceName"]),
        ["pubsub.gcp.pubsub"] = new("v1", [.. AnyPubSub, .. PubSubGcp], ["projectId"]),
        ["secretstores.local.env"] = new("v1", ["prefix"], []),
        ["secretstores.aws.secretmanager"] = new("v1", [.. Aws, "endpoint", "multipleKeyValuesPerSecret"], ["region"]),
        ["secretstores.azure.keyvault"] = new("v1", [.. Entra, "vaultName"], ["vaultName"]),
        ["secretstores.gcp.secretmanager"] = new("v1", ["project_id"], ["project_id"]),
        ["bindings.localstorage"] = new("v1", [.. AnyBinding, "rootPath"], ["rootPath"]),
        ["bindings.smtp"] = new("v1", [.. AnyBinding, .. Mail, "host", "port", "user", "password", "emailCC", "emailBCC", "priority", "skipTLSVerify"], [.. Mail, "host", "port"]),
        ["bindings.aws.ses"] = new("v1", [.. AnyBinding, .. Mail, .. Aws, "emailCc", "emailBcc"], [.. Mail, "region"]),
        ["bindings.twilio.sendgrid"] = new("v1", [.. AnyBinding, .. Mail, "apiKey", "emailFromName", "emailToName", "emailCc", "emailBcc"], [.. Mail, "apiKey"]),
    };
}
