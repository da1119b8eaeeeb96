namespace Dapr.Client;

/// <summary>A service invocation that failed, or was answered with a status other than success.</summary>
public class InvocationException : DaprException
{
    /// <summary>Takes the call and its answer, if there was one.</summary>
    public InvocationException(string appId, string methodName, Exception innerException, HttpResponseMessage? response)
        : base($"An exception occurred while invoking method: '{methodName}' on app-id: '{appId}'", innerException)
    {
        AppId = appId;
        MethodName = methodName;
        Response = response;
    }

    /// <summary>Takes a call over gRPC and its status.</summary>
    public InvocationException(string appId, string methodName, Grpc.Core.RpcException innerException)
        : this(appId, methodName, innerException, response: null)
    {
    }

    /// <summary>The app that was called.</summary>
    public string AppId { get; }

    /// <summary>The method that was called.</summary>
    public string MethodName { get; }

    /// <summary>The answer; null when there was none.</summary>
    public HttpResponseMessage? Response { get; }
}
