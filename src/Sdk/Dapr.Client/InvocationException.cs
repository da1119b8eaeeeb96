namespace Dapr.Client;

/// <summary>An invoked app answered without success, or could not be reached. Response is null when there was no answer.</summary>
public class InvocationException : Exception
{
    /// <summary>The app answered.</summary>
    public InvocationException(string appId, string methodName, Exception? innerException, HttpResponseMessage response)
        : base($"An exception occurred while invoking method: '{methodName}' on app-id: '{appId}'", innerException) =>
        (AppId, MethodName, Response) = (appId, methodName, response);

    /// <summary>The app that was called.</summary>
    public string AppId { get; }

    /// <summary>The method that was called.</summary>
    public string MethodName { get; }

    /// <summary>The app's answer.</summary>
    public HttpResponseMessage Response { get; }
}
