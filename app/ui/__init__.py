"""The window: panes, dialogs and models over the services. Qt lives here and in qtbridge alone."""
