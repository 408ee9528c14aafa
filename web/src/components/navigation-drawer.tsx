import { Drawer } from "@mantine/core";
import { Navigation, type NavigationProps } from "./navigation";

interface NavigationDrawerProps {
  navigation: Omit<NavigationProps, "narrow" | "onLeave" | "onNarrow">;
  opened: boolean;
  onClose: () => void;
}

/** The navigation where there is no room beside the page. */
export default function NavigationDrawer({ navigation, opened, onClose }: NavigationDrawerProps) {
  return (
    <Drawer
      opened={opened}
      onClose={onClose}
      size={264}
      withCloseButton={false}
      padding={0}
      attributes={{ content: { "aria-label": "Navigation" } }}
    >
      <div style={{ height: "100dvh" }}>
        <Navigation {...navigation} narrow={false} onLeave={onClose} />
      </div>
    </Drawer>
  );
}
