package io.conntrack.exporter;

import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import org.tinylog.Logger;

/**
 * SIGHUP, which would end a JVM. A service manager sends it to have files read again.
 *
 * <p>Java has no other way to it than {@code sun.misc.Signal}. javac warns of that class wherever
 * it is named, and no annotation stops this. So it is called by reflection.
 */
final class Hangup {
  private Hangup() {}

  /**
   * From now on SIGHUP does this, on a thread of its own each time. Where that cannot be had, the
   * log tells, and the signal ends the process as before.
   */
  static void does(Runnable action) {
    try {
      Class<?> signal = Class.forName("sun.misc.Signal");
      Class<?> handler = Class.forName("sun.misc.SignalHandler");
      Object hangup = signal.getConstructor(String.class).newInstance("HUP");
      Object proxy =
          Proxy.newProxyInstance(
              Hangup.class.getClassLoader(),
              new Class<?>[] {handler},
              (self, method, arguments) -> answer(self, method, arguments, action));
      signal.getMethod("handle", signal, handler).invoke(null, hangup, proxy);
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      Logger.warn("SIGHUP cannot be handled, and would end the exporter: {}", e);
    }
  }

  @SuppressWarnings("ReferenceEquality") // a proxy has no other
  private static Object answer(Object self, Method method, Object[] arguments, Runnable action) {
    return switch (method.getName()) {
      case "handle" -> {
        action.run();
        yield null;
      }
      case "equals" -> self == arguments[0];
      case "hashCode" -> System.identityHashCode(self);
      default -> "SIGHUP";
    };
  }
}
