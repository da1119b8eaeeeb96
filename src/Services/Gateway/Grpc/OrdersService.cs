using System.Net.Http.Json;
using System.Threading.Channels;
using DaprOrders.Contracts;
using DaprOrders.Gateway.Edge;
using DaprOrders.Gateway.Placing;
using DaprOrders.ServiceDefaults;
using MiniGrpc;

namespace DaprOrders.Gateway.Grpc;

/// <summary>The gRPC face: the same owners and the same answers as over HTTP.</summary>
internal sealed class OrdersService(TokenValidation tokens, Services services, Placer placer, CustomerRate rate)
{
    private const int MostOpen = 512; // orders of one stream that are being stored; the stream is not read on while there are so many

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapUnary(OrdersMethods.Place, PlaceAsync);
        routes.MapUnary(OrdersMethods.Get, GetAsync);
        routes.MapUnary(OrdersMethods.Cancel, CancelAsync);
        routes.MapDuplex(OrdersMethods.PlaceMany, PlaceManyAsync);
    }

    private async ValueTask<PlaceReply> PlaceAsync(PlaceRequest request, ServerCall call)
    {
        var customer = await CustomerAsync(call);
        var result = await PlaceOneAsync(customer, request);
        return result.Status == StatusCodes.Status202Accepted ? Wire.ReplyOf(result) : throw Wire.ErrorOf(Wire.ProblemOf(result.Body));
    }

    private async ValueTask<Order> GetAsync(GetRequest request, ServerCall call)
    {
        var caller = await CallerAsync(call);
        using var get = Request(HttpMethod.Get, request.OrderId, "", caller);
        if (request.WaitSeconds > 0) get.Headers.TryAddWithoutValidation("Prefer", $"wait={request.WaitSeconds}");
        return Wire.OrderOf(await SendAsync(get, call.Cancellation));
    }

    private async ValueTask<CancelReply> CancelAsync(CancelRequest request, ServerCall call)
    {
        var caller = await CallerAsync(call);
        using var post = Request(HttpMethod.Post, request.OrderId, "/cancel", caller);
        var order = await SendAsync(post, call.Cancellation);
        return new CancelReply { OrderId = order.OrderId, Status = order.Status };
    }

    /// <summary>Replies go out as the orders are stored. Ends when the client has sent its last order and every one is answered.</summary>
    private async Task PlaceManyAsync(IGrpcReader<PlaceManyRequest> requests, IGrpcWriter<PlaceManyReply> replies, ServerCall call)
    {
        var customer = await CustomerAsync(call);
        var answered = Channel.CreateUnbounded<PlaceManyReply>(new UnboundedChannelOptions { SingleReader = true }); // bounded by MostOpen
        var writing = WriteAsync(answered.Reader, replies, call.Cancellation);
        using var open = new SemaphoreSlim(MostOpen, MostOpen);
        await foreach (var request in requests.ReadAllAsync(call.Cancellation))
        {
            await open.WaitAsync(call.Cancellation);
            _ = AnswerAsync(request, customer, answered.Writer, open);
        }

        for (var i = 0; i < MostOpen; i++) await open.WaitAsync(call.Cancellation);
        answered.Writer.Complete();
        await writing;
    }

    private async Task AnswerAsync(PlaceManyRequest request, string customer, ChannelWriter<PlaceManyReply> answered, SemaphoreSlim open)
    {
        var reply = new PlaceManyReply { Sequence = request.Sequence };
        try
        {
            var result = await PlaceOneAsync(customer, request.Order ?? new PlaceRequest());
            if (result.Status == StatusCodes.Status202Accepted) reply.Accepted = Wire.ReplyOf(result);
            else reply.Problem = Wire.ProblemOf(result.Body);
        }
        catch (Exception)
        {
            reply.Problem = Wire.ProblemOf(Placer.Refuse(Problems.Unavailable("The order could not be handed on; place it again with the same key.")).Body);
        }

        answered.TryWrite(reply);
        try
        {
            open.Release();
        }
        catch (ObjectDisposedException)
        {
            // The client has gone; the order is stored all the same, and its key gives the answer.
        }
    }

    private static async Task WriteAsync(ChannelReader<PlaceManyReply> answered, IGrpcWriter<PlaceManyReply> replies, CancellationToken cancellation)
    {
        while (await answered.WaitToReadAsync(cancellation))
            while (answered.TryRead(out var reply)) await replies.WriteAsync(reply, flush: !answered.TryPeek(out _), cancellation);
    }

    private async Task<PlaceResult> PlaceOneAsync(string customer, PlaceRequest request)
    {
        if (request.IdempotencyKey.Length == 0) return Placer.Refuse(Problems.KeyRequired());
        if (!IdempotencyKey.IsWellFormed(request.IdempotencyKey)) return Placer.Refuse(Problems.Invalid("idempotency_key", "1 to 128 visible ASCII characters"));
        var body = Wire.BodyOf(request);
        if (body.Length > Defaults.MaxBodyBytes) return Placer.Refuse(Problems.TooLarge());
        if (rate.Take(customer, 1) is { } seconds) return Placer.Refuse(Problems.TooManyRequests(seconds));
        return await placer.PlaceAsync([new PlaceCommand(customer, request.IdempotencyKey, body)]) is { } results ? results[0] : Placer.Refuse(Problems.TooManyRequests(1));
    }

    private HttpRequestMessage Request(HttpMethod verb, string orderId, string act, Caller caller)
    {
        var request = services.Request(verb, Apps.Ordering, $"orders/{Uri.EscapeDataString(orderId is "" or "." or ".." ? "-" : orderId)}{act}"); // dots would be a step up
        request.Headers.TryAddWithoutValidation(Caller.SubjectHeader, caller.Subject);
        request.Headers.TryAddWithoutValidation(Caller.RoleHeader, caller.Role);
        return request;
    }

    private async Task<OrderView> SendAsync(HttpRequestMessage request, CancellationToken cancellation)
    {
        try
        {
            using var answer = await services.SendAsync(request, cancellation);
            if (answer.IsSuccessStatusCode) return (await answer.Content.ReadFromJsonAsync<OrderView>(Defaults.Json, cancellation))!;
            if (answer.Content.Headers.ContentType?.MediaType == "application/problem+json") throw Wire.ErrorOf(Wire.ProblemOf(await answer.Content.ReadAsByteArrayAsync(cancellation)));
        }
        catch (HttpRequestException)
        {
            // Told below.
        }

        throw Wire.ErrorOf(Problems.Unavailable("The ordering service is away; ask again."));
    }

    private async Task<string> CustomerAsync(ServerCall call)
    {
        var caller = await CallerAsync(call);
        return caller.Role == "customer" ? caller.Subject! : throw Wire.ErrorOf(Problems.Forbidden("Only a customer places orders."));
    }

    private async Task<Caller> CallerAsync(ServerCall call)
    {
        try
        {
            if (await tokens.ValidateAsync(call.RequestHeaders.Get("authorization"), call.Cancellation) is { IsAnonymous: false } caller) return caller;
        }
        catch (ProblemException e)
        {
            throw Wire.ErrorOf(e.Problem); // the issuer is away
        }

        throw Wire.ErrorOf(Problems.Unauthenticated("A valid bearer token is needed in the metadata 'authorization'."));
    }
}
