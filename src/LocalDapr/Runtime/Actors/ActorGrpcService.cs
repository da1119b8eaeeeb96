using Dapr.Protocol;
using Dapr.Protocol.Common.V1;
using Dapr.Protocol.Runtime.V1;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using LocalDapr.Runtime.Actors.Schedules;
using LocalDapr.Runtime.Actors.State;
using ActorTimer = LocalDapr.Runtime.Actors.Timers.ActorTimer;
using LocalDapr.Runtime.Hosting;
using LocalDapr.Runtime.Invocation;
using Microsoft.AspNetCore.Routing;
using MiniGrpc;
using StoredReminder = LocalDapr.Runtime.Actors.Reminders.Reminder;

namespace LocalDapr.Runtime.Actors;

/// <summary>The actor methods of the gRPC API.</summary>
internal static class ActorGrpcService
{
    public static void Map(IEndpointRouteBuilder grpc, ActorBlock actors)
    {
        grpc.MapDapr(DaprMethods.InvokeActor, (r, call) => InvokeAsync(actors, r, call));
        grpc.MapDapr(DaprMethods.GetActorState, (r, call) => GetStateAsync(actors, r, call.Cancellation));
        grpc.MapDapr(DaprMethods.ExecuteActorStateTransaction, (r, call) => SaveStateAsync(actors, r, call.Cancellation));
        grpc.MapDapr(DaprMethods.RegisterActorReminder, (r, _) => RegisterReminderAsync(actors, r));
        grpc.MapDapr(DaprMethods.UnregisterActorReminder, (r, _) => UnregisterReminderAsync(actors, r));
        grpc.MapDapr(DaprMethods.UnregisterActorRemindersByType, (r, _) => UnregisterByTypeAsync(actors, r));
        grpc.MapDapr(DaprMethods.GetActorReminder, (r, _) => GetReminder(actors, r));
        grpc.MapDapr(DaprMethods.ListActorReminders, (r, _) => ListReminders(actors, r));
        grpc.MapDapr(DaprMethods.RegisterActorTimer, (r, _) => RegisterTimer(actors, r));
        grpc.MapDapr(DaprMethods.UnregisterActorTimer, (r, _) => UnregisterTimer(actors, r));
    }

    private static async ValueTask<InvokeActorResponse> InvokeAsync(ActorBlock actors, InvokeActorRequest request, ServerCall server)
    {
        // Nobody hosts an actor without an id.
        if (request.ActorId.Length == 0) throw DaprErrors.ActorNoAddress(new ActorKey("", ""));
        var call = new ActorCall(ActorKey.Checked(request.ActorType, request.ActorId), ActorMethod.Checked(request.Method))
        {
            Body = request.Data.Memory,
            Headers =
            [
                .. HeaderBytes.OfTexts(request.Metadata.Where(static m => !ActorHeaders.IsIdentity(m.Key))), .. TraceOf(server),
                .. actors.CallerIdentity,
            ],
            Chain = request.Metadata.FirstOrDefault(m => m.Key.Equals(ActorHeaders.Reentrancy, StringComparison.OrdinalIgnoreCase)).Value,
        };
        var answer = await actors.InvokeAsync(call, server.Cancellation);
        return new InvokeActorResponse { Data = UnsafeByteOperations.UnsafeWrap(answer.Body) };
    }

    private static async ValueTask<GetActorStateResponse> GetStateAsync(ActorBlock actors, GetActorStateRequest request, CancellationToken cancellation)
    {
        var (value, expires) = await actors.State.GetAsync(User(request.ActorType, request.ActorId), request.Key, cancellation);
        var response = new GetActorStateResponse();
        if (value is { } bytes) response.Data = UnsafeByteOperations.UnsafeWrap(bytes);
        if (expires is { } end) response.Metadata["ttlExpireTime"] = ActorEndpoints.Instant(end);
        return response;
    }

    private static async ValueTask<Empty> SaveStateAsync(ActorBlock actors, ExecuteActorStateTransactionRequest request, CancellationToken cancellation)
    {
        List<ActorStateOperation> operations = [.. request.Operations.Select(o => new ActorStateOperation(o.OperationType, o.Key)
        {
            Value = o.Value?.Value.Memory ?? default,
            TtlInSeconds = o.Metadata.GetValueOrDefault("ttlInSeconds"),
        })];
        if (operations.Find(static operation => !operation.IsKnown) is { } unknown) throw DaprErrors.ActorStateOperation(unknown.Operation);
        await actors.State.SaveAsync(User(request.ActorType, request.ActorId), operations, cancellation);
        return new Empty();
    }

    private static async ValueTask<Empty> RegisterReminderAsync(ActorBlock actors, RegisterActorReminderRequest request)
    {
        var actor = User(request.ActorType, request.ActorId);
        if (request.Name.Length == 0) throw DaprErrors.ActorName("reminder name cannot be empty");
        ActorKey.CheckName(request.Name);
        var reminder = new ReminderRequest(actor, request.Name, new ScheduleText(request.DueTime, request.Period, request.Ttl))
        {
            Data = AsJson(request.Data),
            Policy = PolicyOf(request.FailurePolicy),
        };
        await actors.RegisterReminderAsync(reminder, !request.HasOverwrite || request.Overwrite);
        return new Empty();
    }

    private static async ValueTask<Empty> UnregisterReminderAsync(ActorBlock actors, UnregisterActorReminderRequest request)
    {
        await actors.UnregisterReminderAsync(User(request.ActorType, request.ActorId), request.Name);
        return new Empty();
    }

    private static async ValueTask<UnregisterActorRemindersByTypeResponse> UnregisterByTypeAsync(
        ActorBlock actors, UnregisterActorRemindersByTypeRequest request)
    {
        ActorKey.CheckUserType(request.ActorType);
        await actors.UnregisterRemindersAsync(request.ActorType, request.HasActorId && request.ActorId.Length > 0 ? request.ActorId : null);
        return new UnregisterActorRemindersByTypeResponse();
    }

    private static ValueTask<GetActorReminderResponse> GetReminder(ActorBlock actors, GetActorReminderRequest request)
    {
        var actor = User(request.ActorType, request.ActorId);
        var reminder = actors.FindReminder(actor, request.Name);
        var response = new GetActorReminderResponse { ActorType = actor.Type, ActorId = actor.Id, Data = AsAny(reminder) };
        if (reminder.DueText.Length > 0) response.DueTime = reminder.DueText;
        if (reminder.ShownPeriod is { } period) response.Period = period;
        if (reminder.ShownTtl is { } ttl) response.Ttl = ttl;
        return ValueTask.FromResult(response);
    }

    private static ValueTask<ListActorRemindersResponse> ListReminders(ActorBlock actors, ListActorRemindersRequest request)
    {
        ActorKey.CheckUserType(request.ActorType);
        var response = new ListActorRemindersResponse();
        foreach (var reminder in actors.ListReminders(request.ActorType, request.HasActorId && request.ActorId.Length > 0 ? request.ActorId : null))
        {
            // daprd tells no ttl in a list.
            var listed = new ActorReminder { ActorType = reminder.Actor.Type, ActorId = reminder.Actor.Id, Data = AsAny(reminder) };
            if (reminder.DueText.Length > 0) listed.DueTime = reminder.DueText;
            if (reminder.ShownPeriod is { } period) listed.Period = period;
            response.Reminders.Add(new NamedActorReminder { Name = reminder.Name, Reminder = listed });
        }

        return ValueTask.FromResult(response);
    }

    private static ValueTask<Empty> RegisterTimer(ActorBlock actors, RegisterActorTimerRequest request)
    {
        var actor = User(request.ActorType, request.ActorId);
        ActorKey.CheckName(request.Name);
        actors.RegisterTimer(new ActorTimer(
            actor, request.Name, AsJson(request.Data), request.Callback, new ScheduleText(request.DueTime, request.Period, request.Ttl)));
        return ValueTask.FromResult(new Empty());
    }

    private static ValueTask<Empty> UnregisterTimer(ActorBlock actors, UnregisterActorTimerRequest request)
    {
        actors.UnregisterTimer(User(request.ActorType, request.ActorId), request.Name);
        return ValueTask.FromResult(new Empty());
    }

    // The trace goes on in the app, wherever the caller's part of it came from.
    private static IEnumerable<KeyValuePair<string, string>> TraceOf(ServerCall server)
    {
        var headers = server.Http.Request.Headers;
        if (headers.TraceParent is [{ Length: > 0 } parent, ..]) yield return new(WellKnownHeaders.TraceParent, parent);
        if (headers.TraceState is [{ Length: > 0 } state, ..]) yield return new(WellKnownHeaders.TraceState, state);
    }

    private static ActorKey User(string type, string id) => ActorKey.OfUser(type, id);

    // Bytes have no place in the JSON that an HTTP app gets, so they travel as base64 text.
    private static byte[]? AsJson(ByteString data) =>
        data.IsEmpty ? null : System.Text.Encoding.ASCII.GetBytes($"\"{data.ToBase64()}\"");

    private static Any? AsAny(StoredReminder reminder) =>
        reminder.Data is { } data ? Any.Pack(new BytesValue { Value = UnsafeByteOperations.UnsafeWrap(data) }) : null;

    private static Reminders.FailurePolicy PolicyOf(JobFailurePolicy? policy) => policy?.PolicyCase switch
    {
        JobFailurePolicy.PolicyOneofCase.Drop => Reminders.FailurePolicy.Drop,
        JobFailurePolicy.PolicyOneofCase.Constant => new Reminders.FailurePolicy(
            policy.Constant.Interval?.ToTimeSpan() ?? TimeSpan.Zero,
            policy.Constant.HasMaxRetries ? (int)policy.Constant.MaxRetries : null),
        _ => Reminders.FailurePolicy.Default,
    };
}
