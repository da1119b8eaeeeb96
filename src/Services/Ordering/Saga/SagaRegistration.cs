using Dapr.Workflow;

namespace DaprOrders.Ordering.Saga;

internal static class SagaRegistration
{
    /// <summary>The workflow, its steps and what they call. Names are durable: renaming one is a breaking change.</summary>
    public static void AddSagas(this IServiceCollection services)
    {
        services.AddSingleton<StockCalls>();
        services.AddSingleton<PaymentCalls>();
        services.AddSingleton<Parking>();
        services.AddSingleton<SagaStarts>();
        services.AddDaprWorkflow(workflows =>
        {
            workflows.RegisterWorkflow<OrderSaga>();
            workflows.RegisterActivity<ReserveStock>();
            workflows.RegisterActivity<AuthorisePayment>();
            workflows.RegisterActivity<RequestApproval>();
            workflows.RegisterActivity<SettleApproval>();
            workflows.RegisterActivity<CapturePayment>();
            workflows.RegisterActivity<ConfirmStock>();
            workflows.RegisterActivity<ReleaseStock>();
            workflows.RegisterActivity<VoidPayment>();
            workflows.RegisterActivity<EndOrder>();
            workflows.RegisterWorkflow<RefundSaga>();
            workflows.RegisterActivity<RefundPayment>();
            workflows.RegisterActivity<ReturnStock>();
        });
    }
}
