/** What must be said across the whole width: another reader, another patient, another window. */
import { personName } from "../app/names.ts";
import { Button, Icon } from "../design/index.ts";
import { t } from "../locale/index.ts";
import type { Duty } from "./duty.ts";
import type { Reading } from "./reading.ts";
import { patientsShown } from "./state.ts";

interface BannersProps {
  readonly reading: Reading;
  readonly duty: Duty;
}

/** All that applies now. */
export function Banners({ reading, duty }: BannersProps) {
  const { reader, takenBy } = duty.standing;
  const patients = patientsShown(reading.state);
  return (
    <>
      {patients.length > 1 && (
        <p className="viewer-banner" data-tone="danger" role="alert">
          <Icon name="warning" />
          {t("Two patients are open: {names}. They are never linked.", {
            names: patients.map((item) => personName(item.patient.name).main || item.patient.id || t("No name")).join(" / "),
          })}
        </p>
      )}
      {reader && (
        <p className="viewer-banner" role="status">
          <Icon name="statusReading" />
          {takenBy ? t("{reader} has taken this study over.", { reader }) : t("{reader} is reading this study.", { reader })}
          <Button size="small" onPress={() => void duty.take(true)}>
            {t("Take over")}
          </Button>
        </p>
      )}
    </>
  );
}
