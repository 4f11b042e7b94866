package io.conntrack.packaging;

/** The long form of {@link ChaosTest}, for {@code make chaos}: prints the table as it goes. */
final class ChaosCampaign {
  private ChaosCampaign() {}

  public static void main(String[] arguments) throws Exception {
    ChaosReport report = new ChaosReport(System.out);
    LossSteps.run(report, Scale.LONG);
    TableSteps.run(report, Scale.LONG);
    HostSteps.run(report, Scale.LONG);
    LogSteps.run(report);
    EndpointSteps.run(report, Scale.LONG);
    ProtocolSteps.run(report, Scale.LONG);
    LargeTableSteps.run(report, Scale.LONG);
  }
}
