package io.earlybird.backend.opencl;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class SpreadTest {
  private static final String KEY = "spread over work-items";

  @Test
  void isReadAsItIsWritten() {
    for (Spread spread : new Spread[] {Spread.PROCESSOR, Spread.GPU}) {
      assertThat(Spread.parse(spread.describe())).contains(spread);
      Spread other = spread.withSpan(8).withItems(3).withWidth(32);
      assertThat(Spread.parse(other.describe())).contains(other);
    }
    for (String odd : new String[] {null, "", "groups of 0, 1 elements, 1 items, 1 channels"}) {
      assertThat(Spread.parse(odd)).isEmpty();
    }
  }

  @Test
  void rowsOfChannelsStayWholeWhereTheyCan() {
    Spread spread = Spread.PROCESSOR;
    assertThat(spread.widthDefines(64)).isEqualTo("-DEB_WIDTH=64 -DEB_EXACT=1");
    assertThat(spread.widthDefines(45)).isEqualTo("-DEB_WIDTH=64 -DEB_EXACT=0");
    assertThat(spread.widthDefines(96)).isEqualTo("-DEB_WIDTH=128 -DEB_EXACT=0");
    assertThat(spread.widthDefines(1024)).isEqualTo("-DEB_WIDTH=512 -DEB_EXACT=1");
    assertThat(spread.widthDefines(1088)).isEqualTo("-DEB_WIDTH=64 -DEB_EXACT=1");
    assertThat(spread.widthDefines(1000)).isEqualTo("-DEB_WIDTH=512 -DEB_EXACT=0");
    assertThat(spread.groups(45)).isEqualTo(1);
    assertThat(spread.groups(1000)).isEqualTo(2);
    assertThat(Spread.GPU.widthDefines(45)).isEqualTo("-DEB_WIDTH=1 -DEB_EXACT=1");
    assertThat(Spread.GPU.groups(45)).isEqualTo(45);
  }

  @Test
  void processorsWriteWholeRows() {
    Spread spread = Spread.PROCESSOR;
    assertThat(spread.rowDefines(45, 64)).isEqualTo("-DEB_WIDTH=64 -DEB_EXACT=0 -DEB_LANES=16");
    assertThat(spread.rowDefines(64, 15)).isEqualTo("-DEB_WIDTH=64 -DEB_EXACT=1 -DEB_LANES=1");
    assertThat(spread.rowDefines(1000, 1000))
        .isEqualTo("-DEB_WIDTH=1024 -DEB_EXACT=0 -DEB_LANES=16");
    assertThat(spread.rowGroups(1000)).isEqualTo(1);
    assertThat(Spread.GPU.rowDefines(45, 45)).isEqualTo("-DEB_WIDTH=1 -DEB_EXACT=1 -DEB_LANES=1");
    assertThat(Spread.GPU.rowGroups(45)).isEqualTo(45);
  }

  @Test
  void channelsAreSummedAVectorAtATime() {
    Spread spread = Spread.PROCESSOR;
    assertThat(spread.sumDefines(45)).isEqualTo("-DEB_WIDTH=64 -DEB_EXACT=0 -DEB_LANES=16");
    assertThat(spread.sumDefines(15)).isEqualTo("-DEB_WIDTH=16 -DEB_EXACT=0 -DEB_LANES=1");
    assertThat(spread.sumDefines(514)).isEqualTo("-DEB_WIDTH=512 -DEB_EXACT=0 -DEB_LANES=1");
    assertThat(Spread.GPU.sumDefines(45)).isEqualTo("-DEB_WIDTH=1 -DEB_EXACT=1 -DEB_LANES=1");
  }

  @Test
  void isMeasuredOnceAndThenRemembered() {
    assumeThat(OpenClBackend.probe().reason()).as("no OpenCL device").isEmpty();
    OpenClDevice device = OpenClBackend.device(0);
    String measured;
    try (OpenClBackend backend = OpenClBackend.open(device, Map.of(), Map.of())) {
      measured = backend.choices().get(KEY);
      assertThat(Spread.parse(measured)).contains(backend.spread());
      assertThat(backend.spread().isProcessor()).isEqualTo(Spread.of(device).isProcessor());
    }
    Spread remembered = Spread.of(device).withSpan(1 << 12).withItems(7);
    try (OpenClBackend backend =
        OpenClBackend.open(device, Map.of(), Map.of(KEY, remembered.describe()))) {
      assertThat(backend.spread()).isEqualTo(remembered);
    }
    try (OpenClBackend backend =
        OpenClBackend.open(device, Map.of(KEY, measured), Map.of(KEY, remembered.describe()))) {
      assertThat(backend.choices()).containsEntry(KEY, measured);
    }
  }
}
